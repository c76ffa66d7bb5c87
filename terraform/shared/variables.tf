variable "region" {
  description = "The region of the registry."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region's name, such as eu-central-1."
  }
}

variable "repositories" {
  description = "The repositories of images and charts, below delivery/."
  type        = set(string)
  default     = ["restaurant", "recipes", "suppliers", "frontend", "charts"]
}

variable "keep_releases" {
  description = "How many tagged images each repository keeps."
  type        = number
  default     = 200
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
