//! trueup: a policy-as-code linter and drift auditor for GitOps on AWS and Kubernetes.
//!
//! ```text
//! bytes ─▶ syntax ─▶ platform ─▶ policy (cel, secrets) ─▶ report ─▶ bytes
//! ```
//!
//! The binary is the product; this library exists so that tests, benchmarks and fuzz targets can
//! reach the rooms one by one. ARCHITECTURE.md shows the house.

pub mod audit;
pub mod aws;
pub mod cel;
pub mod cli;
pub mod collect;
pub mod config;
pub mod drift;
pub mod gitops;
pub mod lint;
pub mod model;
pub mod platform;
pub mod policy;
pub mod report;
pub mod secrets;
pub mod stacks;
pub mod state;
pub mod syntax;
