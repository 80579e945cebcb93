//! Plots, read as a program would: where each mark stands, and what each text says.

mod gallery;

#[test]
fn page_is_written() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("plots.html");
    std::fs::write(path, gallery::page()).unwrap();
}
