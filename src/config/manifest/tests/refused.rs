//! What is refused and what is accepted, as upstream validates it.

use super::*;

#[test]
fn what_istio_refuses_is_refused_in_its_words() {
    let destination = "{destination: {host: reviews}, weight: 1}";
    for (http, message) in [
        (
            "  - {}",
            "HTTP route, redirect or direct_response is required",
        ),
        (
            "  - route: [{destination: {host: a}, weight: 0}, {destination: {host: b}}]",
            "total destination weight = 0",
        ),
        (
            "  - route: [{destination: {host: a}, weight: -1}]",
            "weight -1 < 0",
        ),
        ("  - route: [{weight: 1}]", "destination is required"),
        ("  - route: [null]", "weight may not be nil"),
        (
            "  - route: [{destination: {host: '*'}}]",
            "invalid destination host *",
        ),
        (
            "  - route: [{destination: {host: foo.*}}]",
            "domain name \"*\" invalid (label \"*\" invalid)",
        ),
        (
            "  - route: [{destination: {host: a, subset: v_1}}]",
            "subset name is invalid: v_1",
        ),
        (
            "  - redirect: {uri: /x}\n    fault: {abort: {httpStatus: 500}}",
            "HTTP route cannot contain both fault and redirect",
        ),
        (
            "  - directResponse: {status: 200}\n    rewrite: {uri: /x}",
            "HTTP route rule cannot contain both rewrite and direct_response",
        ),
        (
            "  - redirect: {redirectCode: 302}",
            "redirect must specify URI, authority, scheme, or port",
        ),
        (
            "  - redirect: {uri: /x, redirectCode: 200}",
            "200 is not a valid redirect code, must be 3xx",
        ),
        (
            &format!("  - route: [{destination}]\n    redirect: {{uri: /x}}"),
            "HTTP route cannot contain both route and redirect",
        ),
        (
            &format!("  - route: [{destination}]\n    directResponse: {{status: 200}}"),
            "HTTP route cannot contain both route and direct_response",
        ),
        (
            "  - directResponse: {status: 99}",
            "HTTP status 99 is not in range 200-599",
        ),
        (
            &format!("  - route: [{destination}]\n    fault: {{}}"),
            "HTTP fault injection must have an abort and/or a delay",
        ),
        (
            &format!(
                "  - route: [{destination}]\n    fault: {{abort: {{httpStatus: 500, percentage: {{value: 101}}}}}}"
            ),
            "percentage 101 is not in range 0..100",
        ),
        (
            &format!(
                "  - route: [{destination}]\n    mirror: {{host: b}}\n    mirrorPercentage: {{value: 100.5}}"
            ),
            "mirror_percentage must have a max value of 100 (it has 100.500000)",
        ),
        (
            &format!(
                "  - route: [{destination}]\n    mirror: {{host: b}}\n    mirrors: [{{destination: {{host: c}}}}]"
            ),
            "HTTP route cannot contain both mirror and mirrors",
        ),
        (
            &format!("  - route: [{destination}]\n    retries: {{attempts: -1}}"),
            "attempts cannot be negative",
        ),
        (
            &format!("  - route: [{destination}]\n    retries: {{attempts: 0, retryOn: 5xx}}"),
            "http retry policy configured when attempts are set to 0 (disabled)",
        ),
        (
            &format!("  - route: [{destination}]\n    retries: {{attempts: 2, retryOn: bogus}}"),
            "\"bogus\" is not a valid retryOn policy",
        ),
        (
            &format!("  - match: [{{headers: {{x: }}}}]\n    route: [{destination}]"),
            "header match x cannot be null",
        ),
        (
            &format!("  - match: [{{headers: {{x: {{prefix: ''}}}}}}]\n    route: [{destination}]"),
            "\"headers\": prefix string match should not be empty",
        ),
        (
            &format!("  - match: [{{headers: {{x: {{regex: ''}}}}}}]\n    route: [{destination}]"),
            "\"headers\": regex string match should not be empty",
        ),
    ] {
        let error = parsed(&service(http)).unwrap_err().to_string();
        assert!(error.contains(message), "{http}\n{error}");
        assert!(error.contains("test.yaml:"), "{error}");
    }
}

#[test]
fn weights_are_accepted_as_upstream_validates_them() {
    // TestValidateRouteDestination in pkg/config/validation/validation_test.go
    for (weights, valid) in [
        (&[25, 75][..], true),
        (&[550, 500], true),
        (&[49, 50], true),
        (&[100, 0], true),
        (&[0], true),
        (&[0, 0], false),
        (&[5, -1], false),
    ] {
        let routes: Vec<String> = weights
            .iter()
            .map(|weight| format!("{{destination: {{host: reviews}}, weight: {weight}}}"))
            .collect();
        let text = service(&format!("  - route: [{}]", routes.join(", ")));
        assert_eq!(parsed(&text).is_ok(), valid, "{weights:?}");
    }
}

#[test]
fn wildcards_hosts_and_sections_are_checked() {
    let text = |spec: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: a}}\nspec: {spec}\n"
        )
    };
    for (spec, message) in [
        (
            "{hosts: ['*'], http: [{route: [{destination: {host: a}}]}]}",
            "wildcard host * is not allowed for virtual services bound to the mesh gateway",
        ),
        (
            "{hosts: [a, a], http: [{route: [{destination: {host: a}}]}]}",
            "duplicate hosts in virtual service: a & a",
        ),
        (
            "{hosts: [a]}",
            "http, tcp or tls must be provided in virtual service",
        ),
        ("{hosts: [a], tcp: [{}]}", "TCP route is required"),
        ("{hosts: [a], tls: [{}]}", "TLS route is required"),
        (
            "{hosts: [a], tls: [{route: [{destination: {host: a}}]}]}",
            "TLS route must have at least one match condition",
        ),
    ] {
        let error = parsed(&text(spec)).unwrap_err().to_string();
        assert!(error.contains(message), "{spec}\n{error}");
    }
    let rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec: \
                {host: a, subsets: [{name: v1}, {name: v1}]}\n";
    assert!(
        parsed(rule)
            .unwrap_err()
            .to_string()
            .contains("duplicate subset names: v1")
    );
}

#[test]
fn unknown_fields_get_the_nearest_one_and_others_are_said_to_be_ignored() {
    let typo = service("  - route: [{destination: {host: reviews}, wieght: 1}]");
    let error = parsed(&typo).unwrap_err().to_string();
    assert!(
        error.contains("unknown field `wieght`") && error.contains("`weight`"),
        "{error}"
    );
    let strange = service("  - route: [{destination: {host: reviews}}]\n    somethingElse: 1");
    let warnings = parsed(&strange).unwrap().warnings.join("\n");
    assert!(
        warnings.contains("unknown field `somethingElse`"),
        "{warnings}"
    );
}
#[test]
fn what_istio_accepts_is_not_refused() {
    for spec in [
        // A part that others delegate to.
        "{http: [{route: [{destination: {host: a}}]}]}",
        // Names that are one service, and not one name.
        "{hosts: [a, a.default.svc.cluster.local], http: [{route: [{destination: {host: a}}]}]}",
        "{hosts: [10.1.2.3], tcp: [{route: [{destination: {host: a}}]}]}",
        "{hosts: ['*-a.com'], http: [{route: [{destination: {host: '*-foo.baz'}}]}]}",
    ] {
        let read = parsed(&virtual_service(spec));
        assert!(read.is_ok(), "{spec}: {}", read.unwrap_err());
    }
}

#[test]
fn names_and_delegates_are_refused_as_istio_does() {
    for (spec, message) in [
        (
            "{hosts: ['*.a.com', b.a.com], http: [{route: [{destination: {host: a}}]}]}",
            "duplicate hosts in virtual service: *.a.com & b.a.com",
        ),
        (
            "{hosts: [a], http: [{route: [{destination: {host: 'foo.*'}}]}]}",
            "domain name \"*\" invalid (label \"*\" invalid)",
        ),
        (
            "{hosts: [a], http: []}",
            "http, tcp or tls must be provided in virtual service",
        ),
        (
            "{gateways: [g], http: [{route: [{destination: {host: a}}]}]}",
            "delegate virtual service must have no gateways specified",
        ),
        (
            "{http: [{delegate: {name: a}}]}",
            "delegate HTTP route cannot contain delegate",
        ),
        (
            "{hosts: [a], http: [{name: r, delegate: {name: a}, route: [{destination: {host: a}}]}]}",
            "root HTTP route r must not specify route",
        ),
        (
            "{hosts: [a], http: [{redirect: {uri: /a}, rewrite: {uri: /b}}]}",
            "HTTP route rule cannot contain both rewrite and redirect",
        ),
    ] {
        let error = parsed(&virtual_service(spec)).unwrap_err().to_string();
        assert!(error.contains(message), "{spec}: {error}");
    }
}
