module.exports = class Database {
  constructor() {
    throw new Error("tests use in-memory sessions; no SQLite is installed");
  }
};
