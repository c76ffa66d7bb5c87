export * from "../core/index.js"
export { refuseAll, start } from "./main.js"
