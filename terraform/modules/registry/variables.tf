variable "repositories" {
  description = "The repositories' names."
  type        = set(string)

  validation {
    condition = (
      length(var.repositories) > 0 &&
      alltrue([for name in var.repositories : can(regex("^[a-z0-9]+([._/-][a-z0-9]+)*$", name)) && length(name) >= 2])
    )
    error_message = "repositories must be names of small letters, digits and single . _ / - between them, such as delivery/restaurant."
  }
}

variable "kms_key_arn" {
  description = "The key that images are encrypted with."
  type        = string
}

variable "keep_releases" {
  description = "How many tagged images each repository keeps. The newest stay; a rollback needs the one before."
  type        = number

  validation {
    condition     = var.keep_releases >= 10
    error_message = "keep_releases must be 10 at least: every commit of develop makes an image, and a rollback needs one that ran before."
  }
}
