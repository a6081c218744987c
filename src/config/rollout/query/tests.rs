//! Queries as they are written.

use super::*;
use crate::config::rollout::exact::Exact;

fn share(text: &str) -> (Exact, Exact, u64) {
    let found = read(text).unwrap();
    assert_eq!(found.signal.quantity, Quantity::SuccessShare, "{text}");
    (
        found.signal.offset,
        found.signal.slope,
        found.signal.window.as_secs(),
    )
}

#[test]
fn shares_in_all_their_forms() {
    let good = "sum(rate(requests_total{code!~\"5.*\"}[5m]))";
    let bad = "sum by (app) (rate(requests_total{code=~\"5.*\", app=\"x\"}[5m]))";
    let all = "sum(rate(requests_total[5m]))";
    let whole = exact::whole;
    assert_eq!(share(&format!("{good} / {all}")), (whole(0), whole(1), 300));
    assert_eq!(
        share(&format!("{good} / {all} * 100")),
        (whole(0), whole(100), 300)
    );
    assert_eq!(share(&format!("{bad} / {all}")), (whole(1), whole(-1), 300));
    assert_eq!(
        share(&format!("100 - {good} / {all} * 100")),
        (whole(100), whole(-100), 300)
    );
    assert_eq!(
        share(&format!("({all} - {bad}) / {all}")),
        (whole(0), whole(1), 300)
    );
    assert_eq!(
        share(&format!("scalar(1 - ({bad} / on() {all}))")),
        (whole(0), whole(1), 300)
    );
    assert!(read(&format!("{bad} / {all}")).unwrap().only_failures);
    let guarded = format!("({bad} or vector(0)) / {all}");
    assert_eq!(share(&guarded), (whole(1), whole(-1), 300));
    let instant = "sum(irate(a{code!~\"5.*\"}[1m])) / sum(irate(a[1m]))";
    assert!(read(instant).unwrap().instant);
}

#[test]
fn quantiles_know_their_unit() {
    let istio = "histogram_quantile(0.99, sum(rate(istio_request_duration_milliseconds_bucket\
                 {reporter=\"destination\"}[1m])) by (le))";
    let found = read(istio).unwrap();
    assert_eq!(found.signal.slope, exact::whole(1));
    assert!(!found.guessed_buckets);
    let seconds = read("histogram_quantile(.5, rate(http_seconds_bucket[1m])) * 1000").unwrap();
    assert_eq!(seconds.signal.slope, exact::whole(1));
    assert!(seconds.guessed_buckets);
}

#[test]
fn what_is_not_understood_says_why() {
    let reason = |text: &str| read(text).unwrap_err();
    assert!(reason("sum(rate(a[5m]))").contains("how many requests"));
    assert!(reason("rate(a_seconds_sum[1m]) / rate(a_seconds_count[1m])").contains("average"));
    assert!(reason("topk(3, a)").contains("topk"));
    assert!(reason("a{code=\"418\"}[5m]").contains("not clear"));
    assert!(reason("5").contains("never changes"));
    assert!(reason(&"(".repeat(100_000)).contains("deep"));
    assert!(reason("up").contains("window"));
    assert!(reason("").contains("ends"));
}
