variable "environment" {
  description = "The environment, which every name begins with."
  type        = string

  validation {
    condition     = contains(["dev", "stage", "prod"], var.environment)
    error_message = "environment must be dev, stage or prod."
  }
}

variable "region" {
  description = "The region."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region's name, such as eu-central-1."
  }
}

variable "cidr" {
  description = "The VPC's addresses, between /16 and /20. Environments that are to be joined one day need different ones."
  type        = string
}

variable "availability_zones" {
  description = "The zones to spread over, two to four."
  type        = list(string)
}

variable "nat_per_zone" {
  description = "A NAT gateway in each zone, so that a zone can fail alone; otherwise one for all, which costs less."
  type        = bool
}

variable "kubernetes_version" {
  description = "Kubernetes' version, such as 1.34."
  type        = string
}

variable "public_access_cidrs" {
  description = "Who reaches the API server from outside the VPC. Nobody, if empty."
  type        = list(string)
  default     = []
}

variable "nodes" {
  description = "The node group: instance types, least, first and greatest number of nodes, and the size of their disks."
  type = object({
    instance_types = list(string)
    min            = number
    desired        = number
    max            = number
    disk_gib       = optional(number, 50)
  })
}

variable "namespaces" {
  description = "The namespaces that CI deploys to."
  type        = list(string)

  validation {
    condition = (
      length(var.namespaces) > 0 &&
      alltrue([for name in var.namespaces : can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", name)) && !startswith(name, "kube-")])
    )
    error_message = "namespaces must be names of small letters, digits and -, one at least, and none of kube-*."
  }
}

variable "admin_role_arns" {
  description = "IAM roles that administer the whole cluster. Whoever made it is none of them by that alone."
  type        = set(string)

  validation {
    condition = (
      length(var.admin_role_arns) > 0 &&
      alltrue([for arn in var.admin_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", arn))])
    )
    error_message = "admin_role_arns must be ARNs of IAM roles, one at least, such as arn:aws:iam::123456789012:role/platform: without one nobody could administer the cluster."
  }
}

variable "ci" {
  description = "Who deploys: CircleCI's organisation and project by ID, the repository as the tokens name it, and the branches of this environment."
  type = object({
    organization_id = string
    project_id      = string
    vcs_origin      = string
    branches        = list(string)
  })

  validation {
    condition     = var.environment != "prod" || try(toset(var.ci.branches) == toset(["master"]), false)
    error_message = "ci.branches must be [\"master\"] for prod: no other branch deploys there."
  }
}

variable "log_retention_days" {
  description = "How long the control plane's and the network's logs are kept."
  type        = number
  default     = 365

  validation {
    condition     = contains([365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a year at least, and one of CloudWatch's steps: 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}
