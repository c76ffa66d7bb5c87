import { createRouter, type Router, type RouterHistory } from "vue-router"
import DishView from "./views/DishView.vue"
import FeedbackView from "./views/FeedbackView.vue"
import MenusView from "./views/MenusView.vue"
import MissingView from "./views/MissingView.vue"
import SuppliersView from "./views/SuppliersView.vue"

/** The page's views by their address. A view has one h1 with tabindex -1, which gets the focus when the path changes. */
export function pages(history: RouterHistory): Router {
  return createRouter({
    history,
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
    routes: [
      { path: "/", name: "menus", component: MenusView },
      { path: "/dishes/:id", name: "dish", component: DishView, props: true },
      { path: "/suppliers", name: "suppliers", component: SuppliersView },
      { path: "/feedback", name: "feedback", component: FeedbackView },
      { path: "/:missing(.*)*", name: "missing", component: MissingView },
    ],
  })
}
