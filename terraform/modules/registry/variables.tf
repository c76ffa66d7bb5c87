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
