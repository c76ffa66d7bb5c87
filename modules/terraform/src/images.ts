// The images of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  /** What terraform runs in. */
  debian: "debian:12-slim",
  checkov: "bridgecrew/checkov:3.3.30",
  /** What hclfmt is made with. */
  golang: "golang:1.26.8-bookworm",
  /** The emulator of AWS. */
  ministack: "ministackorg/ministack:1.5.33",
}

/** Terraform is in no package registry, so this image has no stand-in: where it cannot be pulled, callers pass the binary. */
export const vendorOnly = {
  terraform: "hashicorp/terraform:1.11.4",
}

/** The formatter of Terraform's own language library, for where Terraform cannot be had; it has no image of its own. */
export const tools = {
  hclfmt: "github.com/hashicorp/hcl/v2/cmd/hclfmt@v2.24.0",
}
