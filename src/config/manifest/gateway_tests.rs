//! Whose routes gateways take, and what is said of those that they do not.

use super::tests::{of, of_forward, parsed, shares, virtual_service};
use crate::routing::{Connection, Request, RouteAction};

const API: &str = "apiVersion: gateway.networking.k8s.io/v1\n";

/// A Gateway `edge` of namespace `infra`.
fn edge(listeners: &str) -> String {
    format!(
        "{API}kind: Gateway\nmetadata: {{name: edge, namespace: infra}}\nspec: {{listeners: [{listeners}]}}\n---\n"
    )
}

/// A route of namespace `shop` that is attached to `edge`.
fn route(kind: &str, parent: &str, rest: &str) -> String {
    format!(
        "{API}kind: {kind}\nmetadata: {{name: cart, namespace: shop}}\nspec: {{parentRefs: [{{name: \
         edge, namespace: infra{parent}}}], {rest}}}\n"
    )
}

const ALL: &str = "allowedRoutes: {namespaces: {from: All}}";
const RULES: &str = "rules: [{backendRefs: [{name: cart-v1, port: 80}]}]";

fn at_edge(url: &str) -> Request {
    let mut request = Request::parse(url).unwrap();
    request.source.gateway = "infra/edge".into();
    request
}

#[test]
fn a_listener_takes_routes_of_its_protocol_kinds_and_namespaces() {
    let http = "name: web, port: 80, protocol: HTTP";
    let labelled = |label: &str| {
        format!(
            "{{{http}, allowedRoutes: {{namespaces: {{from: Selector, selector: {{matchLabels: \
             {{{label}}}}}}}}}}}"
        )
    };
    let in_shop = |operator: &str| {
        format!(
            "{{{http}, allowedRoutes: {{namespaces: {{from: Selector, selector: \
             {{matchExpressions: [{{key: kubernetes.io/metadata.name, operator: {operator}, \
             values: [shop]}}]}}}}}}}}"
        )
    };
    for (listener, said) in [
        (format!("{{{http}, {ALL}}}"), None),
        (
            format!("{{{http}}}"),
            Some("no listener of gateway infra/edge admits routes of namespace shop"),
        ),
        (
            format!("{{{http}, allowedRoutes: {{namespaces: {{from: None}}}}}}"),
            Some("admits routes of namespace shop"),
        ),
        (labelled("kubernetes.io/metadata.name: shop"), None),
        (
            labelled("kubernetes.io/metadata.name: bank"),
            Some("admits routes of namespace shop"),
        ),
        (in_shop("In"), None),
        (in_shop("NotIn"), Some("admits routes of namespace shop")),
        (labelled("team: shop"), Some("those of shop are not given")),
        (
            format!("{{name: raw, port: 80, protocol: TCP, {ALL}}}"),
            Some("no listener of gateway infra/edge takes HTTPRoutes"),
        ),
        (
            format!(
                "{{{http}, allowedRoutes: {{namespaces: {{from: All}}, kinds: [{{kind: \
                 GRPCRoute}}]}}}}"
            ),
            Some("takes HTTPRoutes"),
        ),
    ] {
        let text = format!("{}{}", edge(&listener), route("HTTPRoute", "", RULES));
        let manifests = parsed(&text).unwrap();
        let warnings = manifests.warnings.join("\n");
        let taken = said.is_none_or(|said| said.contains("not given"));
        match said {
            Some(said) => assert!(warnings.contains(said), "{listener}: {warnings}"),
            None => assert_eq!(warnings, "", "{listener}"),
        }
        let hosts = manifests.table.virtual_hosts();
        assert_eq!(hosts.len(), usize::from(taken), "{listener}");
    }
}

#[test]
fn labels_of_namespaces_are_read_where_they_are_given() {
    let selector =
        "allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: a}}}}";
    for (label, hosts) in [("a", 1), ("b", 0)] {
        let namespace = format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{team: {label}}}}}\n---\n"
        );
        let listener = format!("{{name: web, port: 80, protocol: HTTP, {selector}}}");
        let text = format!(
            "{namespace}{}{}",
            edge(&listener),
            route("HTTPRoute", "", RULES)
        );
        let manifests = parsed(&text).unwrap();
        assert_eq!(manifests.table.virtual_hosts().len(), hosts, "{label}");
        assert_eq!(manifests.warnings.len(), 1 - hosts, "{label}");
    }
}

#[test]
fn the_narrower_hostname_of_route_and_listener_counts() {
    let listener =
        |host: &str| format!("{{name: web, port: 80, protocol: HTTP, hostname: '{host}', {ALL}}}");
    for (listeners, route_host, expected) in [
        (
            "*.example.com",
            "shop.example.com",
            Some("shop.example.com"),
        ),
        (
            "shop.example.com",
            "*.example.com",
            Some("shop.example.com"),
        ),
        ("*.example.com", "*.com", Some("*.example.com")),
        ("*.example.com", "example.com", None),
    ] {
        let hostnames = format!("hostnames: ['{route_host}'], {RULES}");
        let text = format!(
            "{}{}",
            edge(&listener(listeners)),
            route("HTTPRoute", "", &hostnames)
        );
        let manifests = parsed(&text).unwrap();
        let hosts = manifests.table.virtual_hosts().iter();
        let names: Vec<&str> = hosts.map(|host| host.name.as_str()).collect();
        assert_eq!(
            names,
            expected.into_iter().collect::<Vec<_>>(),
            "{listeners} {route_host}"
        );
    }
}

#[test]
fn connections_reach_listeners_of_their_kind_alone() {
    let listeners = format!(
        "{{name: web, port: 80, protocol: HTTP, {ALL}}}, {{name: raw, port: 9000, protocol: TCP, \
         {ALL}}}, {{name: pass, port: 443, protocol: TLS, hostname: '*.example.com', tls: {{mode: \
         Passthrough}}, {ALL}}}"
    );
    let ports = |kind: &str, rest: &str| -> Vec<u16> {
        let text = format!("{}{}", edge(&listeners), route(kind, "", rest));
        let manifests = parsed(&text).unwrap();
        let listeners = manifests.table.listeners().iter();
        listeners.map(|listener| listener.port).collect()
    };
    assert_eq!(ports("TCPRoute", RULES), [9000]);
    assert_eq!(ports("TLSRoute", RULES), [443]);
    let elsewhere = format!("hostnames: [shop.example.org], {RULES}");
    assert_eq!(ports("TLSRoute", &elsewhere), Vec::<u16>::new());
    let text = format!("{}{}", edge(&listeners), route("TLSRoute", "", RULES));
    let manifests = parsed(&text).unwrap();
    let mut connection = Connection {
        port: 443,
        server_name: Some("shop.example.com".into()),
        ..Connection::default()
    };
    connection.source.gateway = "infra/edge".into();
    assert!(
        manifests
            .table
            .answer_connection(&connection)
            .route
            .is_some()
    );
    connection.server_name = Some("shop.example.org".into());
    assert!(
        manifests
            .table
            .answer_connection(&connection)
            .route
            .is_none()
    );
}

#[test]
fn a_section_or_a_gateway_that_is_not_there_is_named() {
    let listener = edge(&format!("{{name: web, port: 80, protocol: HTTP, {ALL}}}"));
    for (parent, said) in [
        (
            ", sectionName: fake",
            "gateway infra/edge has no listener `fake`",
        ),
        (", port: 81", "gateway infra/edge has no listener port 81"),
    ] {
        let manifests =
            parsed(&format!("{listener}{}", route("HTTPRoute", parent, RULES))).unwrap();
        assert!(manifests.warnings.join("").contains(said), "{said}");
        assert!(manifests.table.virtual_hosts().is_empty(), "{said}");
    }
    let other = listener.replace("edge", "other");
    let manifests = parsed(&format!("{other}{}", route("HTTPRoute", "", RULES))).unwrap();
    assert!(
        manifests
            .warnings
            .join("")
            .contains("no Gateway is `infra/edge`")
    );
}

#[test]
fn a_service_of_another_namespace_has_to_let_itself_be_named() {
    let listener = edge(&format!("{{name: web, port: 80, protocol: HTTP, {ALL}}}"));
    let rules = "rules: [{backendRefs: [{name: cart, namespace: bank, weight: 1}, {name: cart, \
                 weight: 3}]}]";
    let grant = |name: &str| {
        format!(
            "{API}kind: ReferenceGrant\nmetadata: {{name: g, namespace: bank}}\nspec: {{from: \
             [{{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}}], to: \
             [{{kind: Service{name}}}]}}\n---\n"
        )
    };
    for (grant, said, missing) in [
        (String::new(), Some("it is taken to be there"), false),
        (grant(""), None, false),
        (grant(", name: cart"), None, false),
        (
            grant(", name: till"),
            Some("its share is answered with 500"),
            true,
        ),
    ] {
        let text = format!("{grant}{listener}{}", route("HTTPRoute", "", rules));
        let manifests = parsed(&text).unwrap();
        let warnings = manifests.warnings.join("\n");
        match said {
            Some(said) => assert!(warnings.contains(said), "{warnings}"),
            None => assert_eq!(warnings, ""),
        }
        let found = manifests.table.find(&at_edge("http://a.com/")).unwrap();
        let RouteAction::Forward(forward) = &found.action else {
            panic!("{found:?}");
        };
        assert_eq!(of_forward(forward)[0].1, 25.0);
        let backend = forward.destinations()[0].destination.backend;
        assert_eq!(
            backend == crate::routing::Backend::Missing,
            missing,
            "{warnings}"
        );
    }
}

#[test]
fn a_backend_of_no_known_kind_keeps_its_share_as_errors() {
    let listener = edge(&format!("{{name: web, port: 80, protocol: HTTP, {ALL}}}"));
    let rules = "rules: [{backendRefs: [{kind: Bucket, name: b}, {name: cart}]}]";
    let manifests = parsed(&format!("{listener}{}", route("HTTPRoute", "", rules))).unwrap();
    let warnings = manifests.warnings.join("\n");
    assert!(
        warnings.contains("Istio knows no backend of kind Bucket"),
        "{warnings}"
    );
    let request = at_edge("http://a.com/");
    assert_eq!(
        shares(&manifests, &request),
        of(&[("b", 50.0), ("cart", 50.0)])
    );
    let found = manifests.table.find(&request).unwrap();
    let RouteAction::Forward(forward) = &found.action else {
        panic!("{found:?}");
    };
    let backend = forward.destinations()[0].destination.backend;
    assert_eq!(backend, crate::routing::Backend::Missing);
}

#[test]
fn timeouts_and_retries_are_those_that_istio_makes_of_them() {
    let listener = edge(&format!("{{name: web, port: 80, protocol: HTTP, {ALL}}}"));
    let found = |limits: &str| {
        let rules = format!("rules: [{{backendRefs: [{{name: cart}}], {limits}}}]");
        let text = format!("{listener}{}", route("HTTPRoute", "", &rules));
        let manifests = parsed(&text).unwrap();
        let found = manifests.table.find(&at_edge("http://a.com/")).unwrap();
        let millis = |limit: Option<std::time::Duration>| limit.map(|limit| limit.as_millis());
        let retries = &found.retries;
        let tries = (
            retries.attempts,
            retries.retry_on.join(","),
            millis(retries.per_try_timeout),
        );
        (millis(found.timeout), tries)
    };
    let four = "connect-failure,refused-stream,unavailable,cancelled";
    let (timeout, _) = found("timeouts: {request: 2ms, backendRequest: 1ms}");
    assert_eq!(timeout, Some(1));
    assert_eq!(
        found(
            "timeouts: {request: 9ms, backendRequest: 2ms}, retry: {attempts: 3, codes: [503, 429]}"
        ),
        (Some(9), (3, format!("{four},503,429"), Some(2)))
    );
    assert_eq!(found("retry: {}"), (None, (2, four.to_owned(), None)));
    assert_eq!(found("retry: {attempts: 0}").1.0, 0);
}

#[test]
fn a_match_without_a_path_is_as_specific_as_the_shortest_path() {
    let listener = edge(&format!("{{name: web, port: 80, protocol: HTTP, {ALL}}}"));
    let rules = "rules: [{matches: [{path: {value: /}}], backendRefs: [{name: plain}]}, {matches: \
                 [{headers: [{name: x, value: '1'}]}], backendRefs: [{name: header}]}]";
    let manifests = parsed(&format!("{listener}{}", route("HTTPRoute", "", rules))).unwrap();
    let request = at_edge("http://a.com/").with_header("x", "1");
    assert_eq!(shares(&manifests, &request), of(&[("header", 100.0)]));
    assert_eq!(
        shares(&manifests, &at_edge("http://a.com/")),
        of(&[("plain", 100.0)])
    );
}

#[test]
fn an_old_form_of_the_api_is_named() {
    let text = "apiVersion: networking.x-k8s.io/v1alpha1\nkind: HTTPRoute\nmetadata: {name: a}\nspec: {}\n";
    let manifests = parsed(text).unwrap();
    let warnings = manifests.warnings.join("\n");
    assert!(
        warnings.contains("`HTTPRoute` of networking.x-k8s.io is not read"),
        "{warnings}"
    );
    assert_eq!(manifests.skipped, ["HTTPRoute default/a"]);
}

/// Istio's Gateway `edge`, and a VirtualService `rules` of namespace `default` that is bound to it.
fn istio(servers: &str, spec: &str) -> String {
    let gateway = format!(
        "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{name: edge, namespace: \
         infra}}\nspec: {{servers: [{servers}]}}\n---\n"
    );
    format!("{gateway}{}", virtual_service(spec))
}

const TO_CART: &str = "route: [{destination: {host: cart}}]";

#[test]
fn hosts_of_an_istio_gateway_may_be_for_one_namespace() {
    let spec = format!("{{hosts: [a.com], gateways: [infra/edge], http: [{{{TO_CART}}}]}}");
    for (host, hosts) in [
        ("./a.com", 0),
        ("default/a.com", 1),
        ("*/a.com", 1),
        ("a.com", 1),
    ] {
        let server = format!("{{port: {{number: 80, protocol: HTTP}}, hosts: ['{host}']}}");
        let manifests = parsed(&istio(&server, &spec)).unwrap();
        assert_eq!(manifests.table.virtual_hosts().len(), hosts, "{host}");
        assert_eq!(manifests.warnings.len(), 1 - hosts, "{host}");
    }
}

#[test]
fn servers_of_an_istio_gateway_follow_the_rules_of_their_protocol() {
    let servers = "{port: {number: 80, protocol: HTTP}, hosts: ['*']}, {port: {number: 9000, \
                   protocol: TCP}, hosts: ['*']}, {port: {number: 443, protocol: TLS}, tls: {mode: \
                   PASSTHROUGH}, hosts: ['*']}";
    let spec = format!(
        "{{hosts: ['*'], gateways: [infra/edge], http: [{{{TO_CART}}}], tcp: [{{{TO_CART}}}], tls: \
         [{{match: [{{sniHosts: [a.com]}}], {TO_CART}}}]}}"
    );
    let manifests = parsed(&istio(servers, &spec)).unwrap();
    let hosts = manifests.table.virtual_hosts().iter();
    assert_eq!(
        hosts.map(|host| host.ports.clone()).collect::<Vec<_>>(),
        [[80]]
    );
    let listeners = manifests.table.listeners().iter();
    let rules = listeners.map(|one| (one.port, one.routes[0].origin.rule.clone()));
    let mut rules: Vec<(u16, String)> = rules.collect();
    rules.sort();
    assert_eq!(rules, [(443, "tls[0]".into()), (9000, "tcp[0]".into())]);
}

#[test]
fn matches_for_another_proxy_are_no_rules_here() {
    let server = "{port: {number: 80, protocol: HTTP}, hosts: ['*']}";
    let spec = "{hosts: [a.com], gateways: [infra/edge, mesh], http: [{match: [{gateways: [mesh]}], \
                route: [{destination: {host: out}}]}, {match: [{gateways: [infra/edge]}], route: \
                [{destination: {host: on}}]}]}";
    let manifests = parsed(&istio(server, spec)).unwrap();
    for host in manifests.table.virtual_hosts() {
        assert_eq!(host.routes.len(), 1, "{host:?}");
    }
    let inside = Request::parse("http://a.com/").unwrap();
    assert_eq!(shares(&manifests, &inside), of(&[("out", 100.0)]));
    assert_eq!(
        shares(&manifests, &at_edge("http://a.com/")),
        of(&[("on", 100.0)])
    );
}

#[test]
fn what_a_gateway_does_not_know_or_follow_is_said() {
    let server = "{port: {number: 80, protocol: HTTP}, hosts: ['*'], tls: {httpsRedirect: true}}";
    let elsewhere = format!("{{hosts: [a.com], gateways: [infra/other], http: [{{{TO_CART}}}]}}");
    let warnings = parsed(&istio(server, &elsewhere))
        .unwrap()
        .warnings
        .join("\n");
    assert!(
        warnings.contains("no Gateway is `infra/other`"),
        "{warnings}"
    );
    assert!(
        warnings.contains("`httpsRedirect` is not simulated"),
        "{warnings}"
    );
    let bound = format!("{{hosts: [a.com], gateways: [infra/edge], http: [{{{TO_CART}}}]}}");
    let inside = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: cart}\n\
                  spec: {hosts: [cart], http: [{route: [{destination: {host: cart, subset: v1}}]}]}\n";
    let both = format!("{}\n---\n{inside}", istio(server, &bound));
    let warnings = parsed(&both).unwrap().warnings.join("\n");
    let said = "Subset in virtual service default/cart has no effect on ingress gateway infra/edge \
                requests";
    assert!(warnings.contains(said), "{warnings}");
    let empty = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec: {selector: {a: b}}\n";
    let error = parsed(empty).unwrap_err().to_string();
    assert!(
        error.contains("gateway must have at least one server"),
        "{error}"
    );
}
