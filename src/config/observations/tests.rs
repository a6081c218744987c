//! Every form of input, whole and damaged.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

/// What was read: the counts by name, and the rest.
struct Outcome {
    counts: Vec<(String, u64)>,
    order: Vec<usize>,
    reading: Reading,
}

fn question(versions: &[&str]) -> Question {
    let versions = versions.iter().map(|&name| name.to_owned()).collect();
    Question {
        versions,
        ..Question::default()
    }
}

fn read_bytes(bytes: &[u8], question: &Question) -> Result<Outcome, ObservationError> {
    let mut counts = Vec::new();
    let mut order = Vec::new();
    let mut sink = |observation| {
        let (version, count) = match observation {
            Observation::Request { version } => (version, 1),
            Observation::Requests { version, count } => (version, count),
        };
        order.push(version);
        if counts.len() <= version {
            counts.resize(version + 1, 0);
        }
        counts[version] += count;
    };
    let mut collector = Collector::new(question, &mut sink);
    let recognised = read_text(bytes, "the input", question, &mut collector)?;
    let reading = collector.finish("the input".into(), recognised)?;
    counts.resize(reading.versions.len(), 0);
    let counts = reading.versions.iter().cloned().zip(counts).collect();
    Ok(Outcome {
        counts,
        order,
        reading,
    })
}

fn read_ok(text: &str, question: &Question) -> Outcome {
    read_bytes(text.as_bytes(), question).unwrap_or_else(|error| panic!("{error}\n---\n{text}"))
}

fn counts(text: &str, question: &Question) -> Vec<(String, u64)> {
    read_ok(text, question).counts
}

fn named(counts: &[(&str, u64)]) -> Vec<(String, u64)> {
    counts
        .iter()
        .map(|&(name, count)| (name.to_owned(), count))
        .collect()
}

fn refusal(bytes: &[u8], question: &Question) -> String {
    match read_bytes(bytes, question) {
        Ok(read) => panic!("read as {}", read.reading.recognised),
        Err(error) => error.to_string(),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const TCP: &str = "one Tue Nov  6 18:08:23 UTC 2018\ntwo Tue Nov  6 18:08:24 UTC 2018\n\
    one Tue Nov  6 18:08:25 UTC 2018\n";

fn entry(cluster: &str) -> String {
    format!(
        "[2024-05-14T08:12:03.456Z] \"GET /reviews/0 HTTP/1.1\" 200 - via_upstream - \"-\" 0 295 \
         12 11 \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\" \"6c1b\" \"reviews:9080\" \
         \"10.244.0.12:9080\" {cluster} 10.244.0.15:41210 10.96.12.7:9080 10.244.0.15:50112 - \
         default\n"
    )
}

const V1: &str = "outbound|9080|v1|reviews.default.svc.cluster.local";
const V2: &str = "outbound|9080|v2|reviews.default.svc.cluster.local";

#[test]
fn lines_of_the_tcp_task_are_told_by_their_first_word() {
    let read = read_ok(TCP, &question(&["one", "two"]));
    assert_eq!(read.counts, named(&[("one", 2), ("two", 1)]));
    assert_eq!(read.order, [0, 1, 0]);
    assert_eq!(read.reading.skipped, Skipped::default());
}

#[test]
fn line_ends_encodings_and_compression_change_nothing() {
    let expected = named(&[("one", 2), ("two", 1)]);
    let question = question(&["one", "two"]);
    let utf16 = |mark: &[u8], bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.iter()
            .copied()
            .chain(TCP.encode_utf16().flat_map(bytes))
            .collect()
    };
    let variants: [(&str, Vec<u8>); 8] = [
        ("CRLF", TCP.replace('\n', "\r\n").into_bytes()),
        ("no last line break", TCP.trim_end().as_bytes().to_vec()),
        ("UTF-8 mark", ["\u{feff}", TCP].concat().into_bytes()),
        ("UTF-16 LE", utf16(&[0xff, 0xfe], u16::to_le_bytes)),
        ("UTF-16 BE", utf16(&[0xfe, 0xff], u16::to_be_bytes)),
        ("UTF-16 without mark", utf16(&[], u16::to_le_bytes)),
        ("gzip", gzip(TCP.as_bytes())),
        (
            "gzip of UTF-16",
            gzip(&utf16(&[0xff, 0xfe], u16::to_le_bytes)),
        ),
    ];
    for (name, bytes) in variants {
        let read = read_bytes(&bytes, &question).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read.counts, expected, "{name}");
        assert!(read.reading.doubts.is_empty(), "{name}");
    }
    let members = [gzip(b"one\none\n"), gzip(b"two\n")].concat();
    assert_eq!(read_bytes(&members, &question).unwrap().counts, expected);
}

/// Surrogate pairs that fall on the edge of every piece read.
#[test]
fn utf_16_is_decoded_across_any_pieces() {
    struct One<'a>(&'a [u8]);
    impl Read for One<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = usize::from(!self.0.is_empty() && !buffer.is_empty());
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }
    let text = "one 🚀\ntwo é\n";
    let bytes: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(text.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect();
    let mut decoded = String::new();
    decode::decode(One(&bytes), "x")
        .unwrap()
        .text
        .read_to_string(&mut decoded)
        .unwrap();
    assert_eq!(decoded, text);
}

#[test]
fn what_cannot_be_told_is_counted_and_shown() {
    let text = "one a\n\n# a comment\ncurl: (7) Failed to connect\ntwo b\none c\ntw";
    let read = read_ok(text, &question(&["one", "two"]));
    assert_eq!(read.counts, named(&[("one", 2), ("two", 1)]));
    let skipped = read.reading.skipped;
    assert_eq!(skipped.total, 2);
    assert_eq!(skipped.examples[0].line, 4);
    assert_eq!(skipped.examples[1].line, 7);
    assert!(skipped.examples[1].reason.contains("cut off"));
}

#[test]
fn expressions_tell_lines_apart() {
    let mut question = question(&["v1", "v2"]);
    question.patterns = [
        ("v1", "color=black"),
        ("v2", "red|black"),
        ("v3", "^no stars"),
    ]
    .map(|(name, expression)| (name.to_owned(), expression.to_owned()))
    .to_vec();
    let read = read_ok("color=black\ncolor=red\nno stars\nelse\n", &question);
    assert_eq!(read.counts, named(&[("v1", 1), ("v2", 1), ("v3", 1)]));
    assert_eq!(read.reading.skipped.total, 1);
    assert!(read.reading.doubts[0].what.starts_with("1 lines match"));
    question.patterns[0].1 = "(".into();
    assert!(refusal(b"x\n", &question).contains("--match"));
}

#[test]
fn access_logs_name_the_subset() {
    let mut log = entry(V1).repeat(3) + &entry(V2) + "info\tEnvoy proxy is ready\n" + &entry("-");
    log += &entry(V2)[..100];
    let read = read_ok(&log, &question(&["v1", "v2"]));
    assert_eq!(read.counts, named(&[("v1", 3), ("v2", 1)]));
    let reasons: Vec<u64> = read
        .reading
        .skipped
        .reasons
        .iter()
        .map(|&(_, count)| count)
        .collect();
    assert_eq!((read.reading.skipped.total, reasons), (3, vec![1, 1, 1]));
}

#[test]
fn services_are_not_mixed() {
    let details = "outbound|9080|v1|details.default.svc.cluster.local";
    let log = entry(V1) + &entry(details) + &entry(V2) + &entry(V1);
    let mut question = question(&["v1", "v2"]);
    let message = refusal(log.as_bytes(), &question);
    assert!(
        message.contains("--host reviews.default.svc.cluster.local"),
        "{message}"
    );
    question.host = Some("reviews".into());
    assert_eq!(counts(&log, &question), named(&[("v1", 2), ("v2", 1)]));
    let backends = entry("outbound|80||reviews-v1.default.svc.cluster.local")
        + &entry("outbound|80||reviews-v2.default.svc.cluster.local");
    let question = self::question(&["reviews-v1", "reviews-v2"]);
    assert_eq!(
        counts(&backends, &question),
        named(&[("reviews-v1", 1), ("reviews-v2", 1)])
    );
}

#[test]
fn access_logs_may_be_json() {
    let object =
        |cluster: &str| format!("{{\"duration\":12,\"upstream_cluster\":\"{cluster}\"}}\n");
    let log = object(V1) + &object(V2) + "starting\n" + &object(V1) + "{\"upstream_cl";
    let read = read_ok(&log, &question(&["v1", "v2"]));
    assert_eq!(read.counts, named(&[("v1", 2), ("v2", 1)]));
    assert_eq!(read.reading.skipped.total, 2);
    assert!(
        read.reading.recognised.contains("JSON"),
        "{}",
        read.reading.recognised
    );
    let mut question = question(&["v1", "v2"]);
    question.column = Some("pod".into());
    assert_eq!(
        counts("{\"pod\":\"v2\"}\n{\"pod\":\"v3\"}\n", &question),
        named(&[("v1", 0), ("v2", 1), ("v3", 1)])
    );
}

#[test]
fn tables_are_found_out() {
    let two = question(&["v1", "v2"]);
    type Case = (&'static str, &'static [(&'static str, u64)], &'static str);
    let cases: [Case; 9] = [
        (
            "request,phase,version\n1,a,v1\n2,a,v2\n3,a,v1\n",
            &[("v1", 2), ("v2", 1)],
            "column `version`",
        ),
        (
            "version,count\nv1,16\nv2,4\nv3,1\n",
            &[("v1", 16), ("v2", 4), ("v3", 1)],
            "counts in the column `count`",
        ),
        (
            "answer;n\nv2;x\nv1;x\n",
            &[("v1", 1), ("v2", 1)],
            "column `answer`",
        ),
        (
            "v1\t16\nv2\t4\n",
            &[("v1", 16), ("v2", 4)],
            "column 1 (there is no header)",
        ),
        (
            "minute,v1,v2\n1,8,2\n2,8,2\n",
            &[("v1", 16), ("v2", 4)],
            "counts for each of v1, v2",
        ),
        (
            "version\nv1\nv2\n",
            &[("v1", 1), ("v2", 1)],
            "column `version`",
        ),
        (
            "version,requests,observed_count\nv1,20,16\nv2,20,4\n",
            &[("v1", 16), ("v2", 4)],
            "`observed_count`",
        ),
        (
            "\"version\",\"note\"\n\"v1\",\"a, b\"\nv2,\"line\nbreak\"\n",
            &[("v1", 1), ("v2", 1)],
            "`version`",
        ),
        (
            "version,count\nv1,16.0\nv2\nv2,four\nv2,4\n",
            &[("v1", 16), ("v2", 0)],
            "`version`",
        ),
    ];
    for (text, expected, words) in cases {
        let read = read_ok(text, &two);
        assert!(
            read.reading.recognised.contains(words),
            "{}\n{text}",
            read.reading.recognised
        );
        if text.contains("four") {
            // A column of counts has a whole number in every row; here each row is a request.
            assert_eq!(read.counts, named(&[("v1", 1), ("v2", 3)]));
        } else {
            assert_eq!(read.counts, named(expected), "{text}");
        }
    }
}

#[test]
fn columns_can_be_named() {
    let mut question = question(&["v1", "v2"]);
    question.column = Some("b".into());
    question.count_column = Some("n".into());
    let wrong = refusal(b"a,b,n\nv1,v2,3\nv1,v2,1e3\n", &question);
    assert!(
        wrong.contains("line 3: `1e3` is not a whole number"),
        "{wrong}"
    );
    let text = "a,b,n\nv1,v2,3\nv1,v1,1\nv1\n";
    let read = read_ok(text, &question);
    assert_eq!(read.counts, named(&[("v1", 1), ("v2", 3)]));
    assert_eq!(read.reading.skipped.total, 1);
    assert_eq!(read.reading.skipped.examples[0].line, 4);
    question.column = Some("c".into());
    let message = refusal(text.as_bytes(), &question);
    assert!(
        message.contains("no column `c`") && message.contains("a, b, n"),
        "{message}"
    );
}

#[test]
fn a_column_of_anything_is_no_column_of_versions() {
    let mut question = question(&["v1", "v2"]);
    question.column = Some("time".into());
    let rows: String = (0..200).map(|row| format!("{row}.5,v1\n")).collect();
    let message = refusal(format!("time,version\n{rows}").as_bytes(), &question);
    assert!(message.contains("more than 100 versions"), "{message}");
}

fn answer(result_type: &str, series: &[(&str, &str)]) -> String {
    let series: Vec<String> = series
        .iter()
        .map(|(metric, sample)| format!("{{\"metric\":{{{metric}}},{sample}}}"))
        .collect();
    format!(
        "{{\"status\":\"success\",\"data\":{{\"resultType\":\"{result_type}\",\"result\":[{}]}}}}",
        series.join(",")
    )
}

#[test]
fn prometheus_answers_are_grouped_by_version() {
    let two = question(&["v1", "v2"]);
    let vector = answer(
        "vector",
        &[
            (
                r#""destination_version":"v1""#,
                r#""value":[1715674323.1,"812"]"#,
            ),
            (
                r#""destination_version":"v2""#,
                r#""value":[1715674323.1,"188"]"#,
            ),
            (
                r#""destination_version":"unknown""#,
                r#""value":[1715674323.1,"3"]"#,
            ),
        ],
    );
    let read = read_ok(&vector, &two);
    assert_eq!(read.counts, named(&[("v1", 812), ("v2", 188)]));
    assert_eq!(read.reading.skipped.total, 1);
    assert!(
        read.reading.recognised.contains("increments"),
        "{}",
        read.reading.recognised
    );

    let matrix = answer(
        "matrix",
        &[
            (
                r#""__name__":"istio_requests_total","reporter":"source","destination_version":"v1""#,
                r#""values":[[1,"10"],[2,"16.4"]]"#,
            ),
            (
                r#""__name__":"istio_requests_total","reporter":"destination","destination_version":"v1""#,
                r#""values":[[1,"10"],[2,"16"]]"#,
            ),
            (
                r#""__name__":"istio_requests_total","reporter":"source","destination_version":"v2""#,
                r#""values":[[1,"1"],[2,"4"]]"#,
            ),
        ],
    );
    let read = read_ok(&matrix, &two);
    assert_eq!(read.counts, named(&[("v1", 16), ("v2", 4)]));
    assert!(
        read.reading
            .recognised
            .contains("totals of the counter istio_requests_total")
    );
    assert_eq!(read.reading.doubts.len(), 3, "{:?}", read.reading.doubts);
    let pretty =
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&vector).unwrap());
    assert_eq!(
        counts(&pretty.unwrap(), &two),
        named(&[("v1", 812), ("v2", 188)])
    );
}

#[test]
fn prometheus_failures_are_told() {
    let two = question(&["v1", "v2"]);
    let error = r#"{"status":"error","errorType":"bad_data","error":"parse error at char 4"}"#;
    assert!(refusal(error.as_bytes(), &two).contains("parse error at char 4"));
    assert!(refusal(answer("vector", &[]).as_bytes(), &two).contains("matched nothing"));
    assert!(refusal(answer("scalar", &[]).as_bytes(), &two).contains("`scalar`"));
    let other = answer("vector", &[(r#""app":"x""#, r#""value":[1,"8"]"#)]);
    assert!(refusal(other.as_bytes(), &two).contains("the labels are app"));
    let whole = answer("vector", &[(r#""version":"v1""#, r#""value":[1,"NaN"]"#)]);
    assert!(refusal(whole.as_bytes(), &two).contains("a value that is no count"));
    assert!(
        refusal(&whole.as_bytes()[..whole.len() - 20], &two)
            .contains("no result of a Prometheus query")
    );
}

#[test]
fn what_is_no_observation_is_refused_with_a_way_out() {
    let two = question(&["v1", "v2"]);
    let noise: Vec<u8> = (0..5000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let cases: [(&[u8], &str); 7] = [
        (b"", "is empty"),
        (b" \r\n\n", "is empty"),
        (&gzip(b""), "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "binary data"),
        (&noise, "binary data"),
        (&[0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3], "zstd -dc"),
        (
            b"hello\nworld\n",
            "line 1: begins with no version of the target: hello",
        ),
    ];
    for (bytes, expected) in cases {
        let message = refusal(bytes, &two);
        assert!(message.contains(expected), "{message}");
        assert!(message.contains("\n  = help: "), "{message}");
    }
}

#[test]
fn cut_and_damaged_gzip() {
    let two = question(&["v1", "v2"]);
    let text: String = (0..20_000_u32)
        .map(|i| format!("v{} {}\n", 1 + i % 2, i.wrapping_mul(2_654_435_761)))
        .collect();
    let whole = gzip(text.as_bytes());
    let cut = read_bytes(&whole[..whole.len() / 2], &two).unwrap();
    assert!(
        cut.counts.iter().all(|&(_, count)| count > 1000),
        "{:?}",
        cut.counts
    );
    assert!(cut.reading.doubts[0].what.contains("ends too early"));
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 200].fill(0x55);
    assert!(refusal(&damaged, &two).contains("damaged"));
}

#[test]
fn counts_on_the_command_line() {
    let parse = |arguments: &[&str]| {
        let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
        let mut sum = 0;
        let mut sink = |observation| {
            if let Observation::Requests { count, .. } = observation {
                sum += count;
            }
        };
        let reading = read(&Input::of(&arguments)?, &question(&["v1", "v2"]), &mut sink)?;
        Ok::<_, ObservationError>((reading.versions, sum))
    };
    let (versions, sum) = parse(&["v1=16", "v2=4", "v3=0"]).unwrap();
    assert_eq!(
        (versions, sum),
        (vec!["v1".into(), "v2".into(), "v3".into()], 20)
    );
    assert_eq!(parse(&["v1=16,v2=4"]).unwrap().1, 20);
    for (arguments, expected) in [
        (&["v1=16", "v1=4"][..], "counted twice"),
        (&["v1=0", "v2=0"], "nothing was observed"),
        (&["v1=-1"], "not a whole number"),
        (&["v1=1.5"], "not a whole number"),
        (&["=3"], "names no version"),
        (&["v1=16", "v2"], "`v2` is not a count"),
        (&["a", "b"], "one file"),
        (&["v1=99999999999999999999"], "not a whole number"),
        (&["missing.log"], "check the path"),
        (&["."], "is a folder"),
    ] {
        let message = parse(arguments).unwrap_err().to_string();
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
}

/// Texts made of the pieces that the formats are made of, in any order.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let pieces = vec![
        "v1",
        "v2",
        "v3",
        " ",
        "\n",
        "\r\n",
        ",",
        ";",
        "\t",
        "\"",
        "{",
        "}",
        "[",
        "]",
        ":",
        "|",
        "-",
        "#",
        "version",
        "count",
        "7",
        "-1",
        "1e400",
        "NaN",
        "outbound|80|v1|a.b",
        "é",
        "\u{feff}",
        "upstream_cluster",
        "\"resultType\"",
        "\"status\"",
        "\"data\"",
        "\"metric\"",
        "\\u12",
    ];
    let piece = prop_oneof![
        9 => proptest::sample::select(pieces).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 1..4),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// Whatever is read, each observation is one of the named versions, and errors have a way out.
    #[test]
    fn nothing_breaks_a_reader(bytes in pieces(), format in 0..6_usize, column in 0..3_usize) {
        let mut question = question(&["v1", "v2"]);
        question.format = [
            None,
            Some(Format::Csv),
            Some(Format::Lines),
            Some(Format::AccessLog),
            Some(Format::JsonLines),
            Some(Format::Prometheus),
        ][format];
        question.column = [None, Some("version".to_owned()), Some("1".to_owned())][column].clone();
        for bytes in [bytes.clone(), gzip(&bytes)] {
            match read_bytes(&bytes, &question) {
                Ok(read) => {
                    prop_assert!(read.order.iter().all(|&place| place < read.reading.versions.len()));
                    prop_assert!(!read.order.is_empty());
                }
                Err(error) => prop_assert!(error.to_string().contains("= help: "), "{}", error),
            }
        }
    }
}
