import { createApp } from "vue"
import { createWebHistory } from "vue-router"
import App from "./App.vue"
import { pages } from "./router"
import "./style.css"

createApp(App).use(pages(createWebHistory())).mount("#app")
