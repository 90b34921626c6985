/** The bundler makes one style sheet of them. */
declare module "*.css";
