variable "name" {
  description = "The cluster's name."
  type        = string
}

variable "kubernetes_version" {
  description = "Kubernetes' version, such as 1.34. One minor version up at a time."
  type        = string

  validation {
    condition     = can(regex("^1\\.(2[89]|3[0-9])$", var.kubernetes_version))
    error_message = "kubernetes_version must be a minor version such as 1.34, without a patch."
  }
}

variable "subnet_ids" {
  description = "The private subnets, in two zones at least."
  type        = list(string)
}

variable "public_access_cidrs" {
  description = "Who reaches the API server from outside the VPC, such as the office's and CI's addresses. Nobody, if empty: it then has no public address."
  type        = list(string)

  validation {
    condition     = alltrue([for cidr in var.public_access_cidrs : can(cidrnetmask(cidr)) && try(tonumber(split("/", cidr)[1]) >= 16, false)])
    error_message = "public_access_cidrs must be IPv4 ranges of /16 or narrower, such as 203.0.113.0/24: the whole internet (0.0.0.0/0) is not allowed."
  }
}

variable "kms_key_arn" {
  description = "The key that secrets and logs are encrypted with."
  type        = string
}

variable "log_retention_days" {
  description = "How long the control plane's logs are kept."
  type        = number
}

variable "nodes" {
  description = "The managed node group: instance types, and how many nodes there are at least, at first and at most."
  type = object({
    instance_types = list(string)
    min            = number
    desired        = number
    max            = number
    disk_gib       = optional(number, 50)
  })

  validation {
    condition     = var.nodes.min >= 1 && var.nodes.min <= var.nodes.desired && var.nodes.desired <= var.nodes.max
    error_message = "nodes must have 1 <= min <= desired <= max."
  }

  validation {
    condition     = length(var.nodes.instance_types) > 0
    error_message = "nodes.instance_types must name one instance type at least, such as m7i.large."
  }

  validation {
    condition     = var.nodes.disk_gib >= 20
    error_message = "nodes.disk_gib must be 20 at least: images and logs of a node need that."
  }
}

variable "admin_role_arns" {
  description = "IAM roles that administer the whole cluster."
  type        = set(string)
}

variable "deployers" {
  description = "IAM roles that deploy, each with the namespaces it may change and its Kubernetes group."
  type        = map(object({ role_arn = string, namespaces = list(string), group = string }))

  validation {
    condition     = alltrue([for deployer in values(var.deployers) : !startswith(deployer.group, "system:")])
    error_message = "deployers' group must not begin with system: Kubernetes keeps those groups for itself, and EKS refuses them."
  }
}
