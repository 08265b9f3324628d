//! `cargo xtask fuzz`: the fuzz targets of `tests/fuzz`, on stable Rust.
//!
//! libFuzzer comes with the crate libfuzzer-sys, which takes a C++ compiler. The instrumentation
//! that it needs is LLVM's own, so that neither a nightly toolchain nor cargo-fuzz is needed.

use std::path::{Path, PathBuf};
use std::time::Instant;

use lexopt::prelude::*;
use serde_json::Value as Json;
use xshell::{Shell, cmd};

use crate::{Failure, cargo};

/// Seconds for each target if no number is given; about a minute for all of them.
const SECONDS: u64 = 8;

/// Where what is built, found and generated goes.
const OUTPUT: &str = "target/fuzz";

/// How rustc instruments the code for libFuzzer: counters at the edges of the control flow, their
/// places, and the operands of comparisons.
const INSTRUMENTATION: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg=fuzzing";

/// Name of a target, and the inputs that it starts from.
type Target = (&'static str, fn(&Vectors) -> Vec<Vec<u8>>);

const TARGETS: &[Target] = &[
    ("frames", Vectors::streams),
    ("messages", Vectors::messages),
    ("results", Vectors::results),
    ("commits", Vectors::commits),
    ("admin", Vectors::admin),
    ("texts", Vectors::texts),
    ("urls", Vectors::urls),
];

/// Runs the targets as the arguments say: `[--seconds N | --runs N] [TARGET...]`.
pub(crate) fn run(sh: &Shell, mut arguments: lexopt::Parser) -> Result<(), Failure> {
    let mut bound = format!("-max_total_time={SECONDS}");
    let mut chosen = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("seconds") => bound = format!("-max_total_time={}", arguments.value()?.parse::<u64>()?),
            Long("runs") => bound = format!("-runs={}", arguments.value()?.parse::<u64>()?),
            Value(name) if TARGETS.iter().any(|(known, _)| name == *known) => chosen.push(name.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    step(sh, &bound, &chosen)
}

/// All targets, each for its seconds. Where libFuzzer is not known to build, it says so.
pub(crate) fn ci(sh: &Shell) -> Result<(), Failure> {
    if !cfg!(any(target_os = "linux", target_os = "macos")) {
        println!("fuzz targets are run on Linux and macOS only");
        return Ok(());
    }
    step(sh, &format!("-max_total_time={SECONDS}"), &[])
}

fn step(sh: &Shell, bound: &str, chosen: &[String]) -> Result<(), Failure> {
    let binaries = build(sh)?;
    let vectors = Vectors::read()?;
    for (target, seeds) in TARGETS {
        if !chosen.is_empty() && !chosen.iter().any(|name| name == target) {
            continue;
        }
        let (seed_dir, corpus) = (format!("{OUTPUT}/seeds/{target}"), format!("{OUTPUT}/corpus/{target}"));
        sh.create_dir(&corpus)?;
        sh.remove_path(&seed_dir)?;
        for (at, seed) in seeds(&vectors).iter().enumerate() {
            sh.write_file(format!("{seed_dir}/{at:03}"), seed)?;
        }
        let binary = binaries.join(target);
        let found = format!("-artifact_prefix={OUTPUT}/{target}-");
        let started = Instant::now();
        let output = cmd!(
            sh,
            "{binary} {corpus} {seed_dir} {bound} {found} -max_len=4096 -len_control=0 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0"
        );
        let output = output.quiet().ignore_status().output()?;
        let log = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            eprintln!("{log}");
            return Err(format!("{target} failed; the input is in {OUTPUT}, run {} with it", binary.display()).into());
        }
        let runs = log.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
        println!("{target:<9} {:>10} executions in {:.0?}", runs.unwrap_or("?").trim(), started.elapsed());
    }
    Ok(())
}

/// Builds the targets and returns where they are.
fn build(sh: &Shell) -> Result<PathBuf, Failure> {
    let cargo = cargo();
    // With a target, so that build scripts and macros are not instrumented.
    let version = cmd!(sh, "rustc -vV").quiet().read()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc names no host")?;
    let _flags = sh.push_env("RUSTFLAGS", INSTRUMENTATION);
    let _target = sh.push_env("CARGO_TARGET_DIR", OUTPUT);
    cmd!(sh, "{cargo} build --manifest-path tests/fuzz/Cargo.toml --release --bins --target {host} --locked").run()?;
    Ok(Path::new(OUTPUT).join(host).join("release"))
}

/// The recorded bytes of the vendor's clients.
struct Vectors {
    graph: Json,
    admin: Json,
    messages: Vec<Json>,
    sessions: Json,
}

fn read(name: &str) -> Result<Json, Failure> {
    Ok(serde_json::from_str(&std::fs::read_to_string(format!("tests/vectors/{name}.json"))?)?)
}

/// The bytes in hex of that field of each vector.
fn bytes_of<'v>(vectors: &'v Json, field: &'static str) -> impl Iterator<Item = Vec<u8>> + 'v {
    let vectors = vectors.as_array().map(Vec::as_slice).unwrap_or_default();
    vectors.iter().filter_map(move |vector| hex::decode(vector[field].as_str()?).ok())
}

/// With those bytes before it.
fn with(head: &[u8], bytes: &[u8]) -> Vec<u8> {
    [head, bytes].concat()
}

impl Vectors {
    fn read() -> Result<Self, Failure> {
        Ok(Self {
            graph: read("graph")?,
            admin: read("graph_admin")?,
            messages: vec![read("java")?, read("python")?],
            sessions: read("sessions")?,
        })
    }

    fn frames(&self) -> impl Iterator<Item = Vec<u8>> {
        self.messages.iter().flat_map(|vectors| bytes_of(vectors, "hex"))
    }

    fn streams(&self) -> Vec<Vec<u8>> {
        let sides = ["from_client", "from_server"].into_iter().flat_map(|side| bytes_of(&self.sessions, side));
        // The first byte is the length of the pieces.
        sides.chain(self.frames()).map(|stream| with(&[57], &stream)).collect()
    }

    fn messages(&self) -> Vec<Vec<u8>> {
        let sent = self.frames().map(|frame| with(&frame[10..12], &frame[56..]));
        let graph = [("query_replies", 12), ("commit_requests", 7), ("commit_replies", 8), ("get_entity_replies", 22)];
        let replies = graph.into_iter().flat_map(|(section, verb)| {
            bytes_of(&self.graph[section], "hex").map(move |bytes| with(&[0, verb], &bytes))
        });
        sent.chain(replies).collect()
    }

    fn results(&self) -> Vec<Vec<u8>> {
        // The low bits choose the command, the high ones the layout.
        let queries =
            bytes_of(&self.graph["query_replies"], "hex").flat_map(|bytes| [with(&[0], &bytes), with(&[1], &bytes)]);
        let found = bytes_of(&self.graph["get_entity_replies"], "hex")
            .flat_map(|bytes| [with(&[2], &bytes), with(&[3], &bytes)]);
        // A result that is a list of one attribute: length, checksum, result, id, syntax,
        // annotation, count, list.
        let mut head = vec![0; 12 + 8 + 1 + 2];
        head.extend([0, 0, 0, 1, 1, 0, 0, 0, 1, 2]);
        let attributes = bytes_of(&self.graph["attributes"], "hex")
            .flat_map(move |bytes| [0, 0x10, 0x20].map(|choice| with(&[choice], &with(&head, &bytes))));
        queries.chain(found).chain(attributes).collect()
    }

    fn commits(&self) -> Vec<Vec<u8>> {
        let sections = [("commit_requests", 0), ("commit_replies", 2), ("keys", 3)];
        let sections = sections.into_iter();
        sections
            .flat_map(|(name, choice)| bytes_of(&self.graph[name], "hex").map(move |b| with(&[choice], &b)))
            .collect()
    }

    fn admin(&self) -> Vec<Vec<u8>> {
        let answers = bytes_of(&self.admin, "hex").collect::<Vec<_>>();
        // Behind result and command; as each of the types.
        let data = answers.iter().filter_map(|answer| answer.get(8..));
        data.flat_map(|data| (0..14).map(move |choice| with(&[choice], data))).collect()
    }

    fn texts(&self) -> Vec<Vec<u8>> {
        let annotations = self.graph["annotations"].as_array().map(Vec::as_slice).unwrap_or_default();
        let annotations = annotations.iter().filter_map(|vector| vector["annotation"].as_str());
        let numbers = ["-12.34500", "1E+10", "0.000005", "99999999999999999999", ".5e-3", "+7."];
        annotations.chain(numbers).map(|text| with(&[0, 20, 0, 5], text.as_bytes())).collect()
    }

    fn urls(&self) -> Vec<Vec<u8>> {
        let urls = [
            "tcp://scott@localhost:8222/{dbName=routes;ftHosts=spare:8223,[::1]}",
            "ssl://[fe80::1]:8223/{tgdb.tls.protocol=TLSv1.3;a=\\u0041;}",
            "tcp://%41@foo/{userID=me;password=x}",
        ];
        urls.map(|url| url.as_bytes().to_vec()).into()
    }
}
