import { Container, Directory, Secret, dag, func, object } from "@dagger.io/dagger"

/** Calls the module registry. */
@object()
export class RegistryExample {
  /** Pushes two images, both or none; the reports list their digests. */
  @func()
  push(api: Container, web: Container, password: Secret): Directory {
    return dag
      .registry()
      .withLogin("ci", password)
      .withImage(api, "registry.example.com/shop/api:1.4.0")
      .withImage(web, "registry.example.com/shop/web:1.4.0")
      .push()
      .reports()
  }
}
