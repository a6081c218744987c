//! clap structs only: what the command line looks like.
