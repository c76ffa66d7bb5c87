variable "region" {
  description = "The region of the registry."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region's name, such as eu-central-1."
  }
}

variable "repositories" {
  description = "The repositories that releases use, below delivery/. `npm run sync` writes them from delivery.yaml into repositories.auto.tfvars.json."
  type        = set(string)

  validation {
    condition     = length(setsubtract(["files", "releases"], var.repositories)) == 0
    error_message = "repositories must have files and releases: a release stores its suites and its records there."
  }
}

variable "ci" {
  description = "Who publishes: CircleCI's organisation and project by ID, the repository as the tokens name it, and the branches that build images."
  type = object({
    organization_id = string
    project_id      = string
    vcs_origin      = string
    branches        = optional(list(string), ["develop", "release/*", "hotfix/*"])
  })
}
