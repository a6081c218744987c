//! What is read and may surprise: missing subsets, rules that nothing reaches, other owners.

use super::*;

#[test]
fn a_subset_that_no_rule_defines_keeps_its_share_and_is_named() {
    let text = service(
        "  - route: [{destination: {host: reviews, subset: v9}, weight: 50}, {destination: {host: \
         reviews, subset: v1}, weight: 50}]\n---\napiVersion: networking.istio.io/v1\nkind: \
         DestinationRule\nmetadata: {name: reviews}\nspec: {host: reviews, subsets: [{name: v1}]}",
    );
    let manifests = parsed(&text).unwrap();
    assert_eq!(
        shares(&manifests, &reviews()),
        of(&[("v9", 50.0), ("v1", 50.0)])
    );
    let warnings = manifests.warnings.join("\n");
    assert!(
        warnings.contains("no DestinationRule defines subset `v9`"),
        "{warnings}"
    );
}

#[test]
fn a_subset_without_pods_is_empty() {
    let services = "apiVersion: v1\nkind: Service\nmetadata: {name: reviews}\nspec: {ports: [{port: \
                    9080}], selector: {app: reviews}}\n---\napiVersion: apps/v1\nkind: Deployment\n\
                    metadata: {name: reviews-v1}\nspec: {replicas: 0, template: {metadata: {labels: \
                    {app: reviews, version: v1}}}}\n---\n";
    let rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: reviews}\n\
                spec: {host: reviews, subsets: [{name: v1, labels: {version: v1}}]}\n---\n";
    let route = service("  - route: [{destination: {host: reviews, subset: v1}}]");
    let manifests = parsed(&format!("{services}{rule}{route}")).unwrap();
    let warnings = manifests.warnings.join("\n");
    assert!(warnings.contains("subset `v1` of `reviews.default.svc.cluster.local` has no replica"));
}

#[test]
fn in_sidecars_the_oldest_has_the_host() {
    let one = |name: &str, version: &str, created: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: {name}, \
             creationTimestamp: '{created}'}}\nspec: {{hosts: [reviews], http: [{{route: \
             [{{destination: {{host: reviews, subset: {version}}}}}]}}]}}\n"
        )
    };
    let text = format!(
        "{}---\n{}",
        one("a", "v1", "2026-02-01T00:00:00Z"),
        one("b", "v2", "2026-01-01T00:00:00Z")
    );
    let manifests = parsed(&text).unwrap();
    assert_eq!(shares(&manifests, &reviews()), of(&[("v2", 100.0)]));
    assert!(manifests.warnings.join("\n").contains("already has rules"));
}

#[test]
fn of_one_name_the_later_one_counts_as_when_both_are_applied() {
    let both = [
        "bookinfo/destination-rules.yaml",
        "bookinfo/all-v1.yaml",
        "bookinfo/reviews-50-v3.yaml",
    ];
    let manifests = manifests(&both);
    assert_eq!(
        shares(&manifests, &reviews()),
        of(&[("v1", 50.0), ("v3", 50.0)])
    );
    let warnings = manifests.warnings.join("\n");
    assert!(
        warnings.contains("VirtualService default/reviews comes again later"),
        "{warnings}"
    );
}

#[test]
fn what_kubectl_prints_goes_in_and_other_kinds_are_skipped() {
    let text = "apiVersion: v1\nkind: List\nmetadata:\n  resourceVersion: \"\"\nitems:\n- apiVersion: \
                networking.istio.io/v1\n  kind: VirtualService\n  metadata:\n    annotations: {a: b}\n    \
                creationTimestamp: \"2026-01-01T00:00:00Z\"\n    generation: 2\n    managedFields:\n    - \
                apiVersion: x\n      fieldsV1: {f:spec: {}}\n    name: reviews\n    namespace: shop\n  \
                spec:\n    hosts: [reviews]\n    http:\n    - route:\n      - destination: {host: \
                reviews, subset: v1}\n  status: {}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: \
                {name: a}\n  data: {}\n";
    let manifests = parsed(text).unwrap();
    assert_eq!(manifests.resources, ["VirtualService shop/reviews"]);
    assert_eq!(manifests.skipped, ["ConfigMap default/a"]);
    let request = Request::parse("http://reviews.shop/").unwrap();
    assert_eq!(shares(&manifests, &request), of(&[("v1", 100.0)]));
}

#[test]
fn connections_that_no_rule_meets_are_warned_of() {
    let spec = "{hosts: [a], tcp: [{match: [{port: 1}], route: [{destination: {host: a}}]}, \
                {match: [{port: 1}], route: [{destination: {host: b}}]}]}";
    let text = parsed(&virtual_service(spec)).unwrap().warnings.join("\n");
    assert!(
        text.contains("virtualService rule tcp[1] not used (all matches used by prior rules)"),
        "{text}"
    );
}

#[test]
fn of_equal_age_the_first_by_name_has_the_host() {
    let one = |namespace: &str, name: &str, version: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: {name}, \
             namespace: {namespace}}}\nspec: {{hosts: [reviews.default.svc.cluster.local], http: \
             [{{route: [{{destination: {{host: reviews, subset: {version}}}}}]}}]}}\n"
        )
    };
    let text = format!("{}---\n{}", one("a", "z", "v1"), one("b", "y", "v2"));
    let manifests = parsed(&text).unwrap();
    assert_eq!(shares(&manifests, &reviews()), of(&[("v2", 100.0)]));
}

#[test]
fn a_match_that_an_earlier_one_covers_is_not_used() {
    let text = service(
        "  - match: [{uri: {prefix: /shop}}]\n    route: [{destination: {host: a}}]\n  - name: more\n    \
         match: [{uri: {prefix: /shops}, method: {exact: GET}}, {uri: {prefix: /other}}]\n    route: \
         [{destination: {host: b}}]",
    );
    let warnings = parsed(&text).unwrap().warnings.join("\n");
    let said = "rule more match more.match[0] is not used (duplicate/overlapping match in rule \
                http[0])";
    assert!(warnings.contains(said), "{warnings}");
    assert!(
        !warnings.contains("all matches used by prior rules"),
        "{warnings}"
    );
    let apart = service(
        "  - match: [{uri: {prefix: /shop}, method: {exact: GET}}]\n    route: [{destination: {host: \
         a}}]\n  - match: [{uri: {prefix: /shops}}]\n    route: [{destination: {host: b}}]",
    );
    assert_eq!(parsed(&apart).unwrap().warnings, Vec::<String>::new());
}

#[test]
fn deprecated_and_half_written_faults_are_never_injected() {
    for (fault, said) in [
        (
            "delay: {percent: 50, fixedDelay: 1s}",
            "`percent` is deprecated",
        ),
        (
            "delay: {percentage: {value: 50}}",
            "the delay has no `fixedDelay`",
        ),
    ] {
        let text = service(&format!(
            "  - fault: {{{fault}}}\n    route: [{{destination: {{host: reviews}}}}]"
        ));
        let manifests = parsed(&text).unwrap();
        assert!(manifests.warnings.join("\n").contains(said), "{fault}");
        let route = manifests.table.find(&reviews()).unwrap();
        let share = route
            .faults
            .delay
            .as_ref()
            .map(|delay| delay.percentage.share());
        assert!(share.is_none_or(|share| to_f64(share) == 0.0), "{fault}");
    }
    let mirror = service(
        "  - route: [{destination: {host: reviews}}]\n    mirror: {host: a}\n    mirrorPercent: 101",
    );
    let error = parsed(&mirror).unwrap_err().to_string();
    let said = "mirror_percent must have a max value of 100 (it has 101)";
    assert!(error.contains(said), "{error}");
}

#[test]
fn hosts_outside_say_nothing_of_the_services_inside() {
    let entry = "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: e}\nspec: \
                 {hosts: [a.com], ports: [{number: 80, protocol: HTTP}]}\n---\n";
    let route = service("  - route: [{destination: {host: reviews}}]");
    let manifests = parsed(&format!("{entry}{route}")).unwrap();
    assert_eq!(manifests.warnings, Vec::<String>::new());
}
