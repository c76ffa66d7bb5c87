import { resolve } from "node:path"

/** @param {string} name @param {string} fallback */
const setting = (name, fallback) => (process.env[name] || fallback).replace(/\/+$/, "")

/** The page under test, as both this process and the browser reach it. */
export const baseUrl = setting("BASE_URL", "http://localhost:8080")
/** A WebDriver endpoint: a chromedriver, or a Selenium server with Chromium. */
export const remoteUrl = setting("SELENIUM_REMOTE_URL", "http://localhost:4444")
/** Where screenshots and reports go. */
export const outDir = resolve(setting("OUT_DIR", "out"))
