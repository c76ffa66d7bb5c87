variable "name" {
  description = "The role's name."
  type        = string
}

variable "oidc_provider_arn" {
  description = "The identity provider that CI's tokens come from."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/.+$", var.oidc_provider_arn))
    error_message = "oidc_provider_arn must be the ARN of an IAM identity provider, such as arn:aws:iam::123456789012:oidc-provider/oidc.circleci.com/org/<organisation>."
  }
}

variable "audience" {
  description = "The tokens' audience: CircleCI's is the organisation's ID."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.audience))
    error_message = "audience must be CircleCI's organisation ID, a UUID."
  }
}

variable "subjects" {
  description = "Patterns of the tokens' subject, one a branch; the only other wildcard is who started the job."
  type        = list(string)

  validation {
    condition = (
      length(var.subjects) > 0 &&
      alltrue([for subject in var.subjects : can(regex("^org/[0-9a-f-]{36}/project/[0-9a-f-]{36}/user/\\*/vcs-origin/[^*]+/vcs-ref/refs/heads/[^*]+\\*?$", subject))])
    )
    error_message = "subjects must be org/<id>/project/<id>/user/*/vcs-origin/<host>/<owner>/<repository>/vcs-ref/refs/heads/<branch>: a role for any project or any branch is not allowed."
  }
}

variable "policy" {
  description = "What the role may do, as a policy in JSON."
  type        = string
}
