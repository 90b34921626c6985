// Templates and container scripts are part of the program: the bundler and the test runner both turn such a file into its text.
declare module "*.tmpl" {
  const text: string;
  export default text;
}
declare module "*.sh" {
  const text: string;
  export default text;
}
