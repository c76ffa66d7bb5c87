variable "name" {
  description = "Prefix of every name in this network."
  type        = string
}

variable "cidr" {
  description = "The VPC's addresses. Every zone gets two subnets of it: a sixteenth for public, an eighth for private ones."
  type        = string

  validation {
    condition = (
      can(cidrnetmask(var.cidr)) &&
      try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 20, false)
    )
    error_message = "cidr must be an IPv4 range between /16 and /20, such as 10.20.0.0/16."
  }
}

variable "availability_zones" {
  description = "The zones to spread over, two to four."
  type        = list(string)

  validation {
    condition = (
      length(distinct(var.availability_zones)) == length(var.availability_zones) &&
      length(var.availability_zones) >= 2 &&
      length(var.availability_zones) <= 4
    )
    error_message = "availability_zones must name two to four different zones, such as [\"eu-central-1a\", \"eu-central-1b\"]: EKS wants two at least."
  }
}

variable "nat_per_zone" {
  description = "A NAT gateway in each zone, so that a zone can fail alone; otherwise one for all."
  type        = bool
}

variable "cluster_name" {
  description = "The cluster whose load balancers find their subnets here by tag."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that the flow logs are encrypted with."
  type        = string
}

variable "log_retention_days" {
  description = "How long flow logs are kept."
  type        = number
}
