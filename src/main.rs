//! The thin binary: everything it can do is in the library.

fn main() -> std::process::ExitCode {
    shiftsim::commands::main()
}
