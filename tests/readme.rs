//! The commands of the README print what the README says.

#[test]
fn the_tour_prints_what_it_shows() {
    trycmd::TestCases::new().case("README.md");
}
