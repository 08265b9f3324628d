//! A small graph in memory, and a [`Script`](crate::Script) that serves it.
//!
//! It is for tests and demonstrations, and no database: [`GraphServer`] keeps nothing, enforces no
//! roles, and understands a small part of Gremlin. Everything else fails with the code that
//! the vendor's clients know for it.
//!
//! # The graph of airports
//! [`Graph::airports`] has 52 airports, 39 countries and 624 routes. Codes, names, places and
//! elevations are those of real airports; the routes are made up. Ids are the same at each start.
//!
//! | node type | key | attributes |
//! |---|---|---|
//! | `airport` | `iata` | `iata`, `icao`, `name`, `city` (String), `elevation` in feet (Integer), `latitude`, `longitude` (Double), `runways` (Byte), `longest_runway` in metres (Short), `passengers` of 2019 (Long), `utc_offset` in hours (Float), `code_letter` (Char), `opened` (Date), `updated` (TimeStamp), `hub` (Boolean), `access_code` (String, encrypted), `notes` (Clob), `picture` (Blob) |
//! | `country` | `code` | `code`, `name`, `continent` (String) |
//!
//! | edge type | from, to | attributes |
//! |---|---|---|
//! | `route` | `airport`, `airport` | `distance` in kilometres (Integer), `fare` (Number), `departs` (Time) |
//! | `located_in` | `airport`, `country` | |
//!
//! Both are directed, and each route has one back. `notes` is set for a few airports, `picture` for
//! Munich, `passengers` for all but Berlin. There are also the three edge types without attributes
//! that Python's client needs, such as `$def-directed-edge$`.
//!
//! `access_code` is set for Singapore only, and `departs` for no route: Python's client cannot read
//! a time of day as Java and Go write it, nor the rest of a result with one. For its sake there is
//! also [`GraphServer::with_layout`].
//!
//! # Gremlin
//! As text (query command 4), with or without `;` at the end:
//!
//! | step | takes |
//! |---|---|
//! | `V()`, `E()` | ids |
//! | `has(key)`, `has(key, value)`, `has(label, key, value)`, `has(label, name)`, `has(id, id)`, `hasNot(key)` | a value or predicate |
//! | `hasLabel()`, `hasId()` | names, ids |
//! | `is()` | a value or predicate, behind values |
//! | `out()`, `in()`, `both()`, `outE()`, `inE()`, `bothE()` | names of edge types |
//! | `outV()`, `inV()`, `bothV()`, `otherV()` | |
//! | `values()`, `valueMap()` | keys; a map has values, not lists of them |
//! | `path()`, `count()`, `id()`, `label()`, `dedup()` | |
//! | `limit(n)`, `range(from, to)` | -1 for no end |
//! | `order()`, then `by(key)`, `by(key, desc)`, `by(desc)` | `asc`, `incr`, `desc`, `decr` |
//!
//! Predicates: `eq neq lt lte gt gte between inside outside within without`. Dates and times compare
//! as text of ISO 8601, such as `'1992-05-17'`.
//!
//! | failure | code |
//! |---|---|
//! | more than 200,000 items on the way, unknown query command | 8100 |
//! | the text cannot be parsed | 8102 |
//! | the step is not of these; Gremlin bytecode (commands 3 and 7) | 8103 |
//! | the step is not allowed there, more than 100 steps | 8104 |
//! | an argument is missing, or not supported | 8105, 8106 |
//! | no step follows `g` | 8107 |
//! | there is no such prepared query | 8108 |
//! | attribute, edge type, node type not in the graph | 8109, 8110, 8111 |
//! | an argument or a `by` makes no sense | 8118, 8119 |
//!
//! A result has as many items as [`FetchOptions::fetch_size`](tgdb_pdu::body::FetchOptions) says.
//! Sort orders of a request are honoured.
//!
//! TGQL (command 2) takes conditions with `and` between them, such as
//! `@nodetype = 'airport' and elevation > 5000;`, or with `@edgetype` for edges. Prepared queries
//! take either language: a text that begins with `g.` is Gremlin.
//!
//! # Other requests
//! | request | answer |
//! |---|---|
//! | get entity 0, 2 | by any attributes, with or without a type; with what is near, as the options say |
//! | get entity 1 | by a key with one attribute `@id`. No client of the vendor sends it, so this is a guess |
//! | get entity 10, 20 | the rest of a result that had more than the fetch size, and its end. Guesses, too |
//! | commit | without a begin before, as the vendor's clients do. 8003, 8005, 8007, 8008 and 8011 say what is wrong. A removed node takes its edges with it |
//! | large object | in chunks of 16 KiB |
//! | encrypted attribute | read: obfuscated. Written: fails with 8005, because the server has no RSA key |
//! | administration | users, roles, types, indices, descriptors, connections, info, describe, stored procedures (none), kill; create user (who can log in then), descriptor, node type, edge type |
//! | bulk import of records | each record is a commit of its own; with `upsert` a node that has the key is changed. Result 1 for a portion that is damaged or not due, and for a record that cannot be loaded unless errors are ignored |
//! | bulk export | all types with entities, in the order of the metadata. Ids are those of the graph; encrypted attributes and BLOBs do not come |
//! | traversal, import and export of files | an exception |
//!
//! # Example
//! How an application's test gets its server:
//! ```
//! use std::sync::Arc;
//! use tgdb_testkit::graph::GraphServer;
//! use tgdb_testkit::{ServerConfig, TestServer};
//!
//! let graph = Arc::new(GraphServer::airports());
//! let server = TestServer::start(ServerConfig::scripted(graph.clone()))?;
//! // The application connects to server.url(), as DEFAULT_USER with DEFAULT_PASSWORD, and
//! // commits something. Then see what has come of it:
//! let munich = graph.snapshot().nodes().find(|node| node.get("iata") == Ok("MUC")).cloned();
//! assert_eq!(munich.map(|node| node.version), Some(1));
//! # Ok::<(), std::io::Error>(())
//! ```

mod admin;
mod bulk;
pub(crate) mod client;
mod commit;
mod data;
mod get;
mod gremlin;
mod query;
mod schema;
mod server;
mod stage;
mod store;
mod tgql;
mod transaction;
mod view;

pub use server::GraphServer;
pub use store::Graph;

use server::{State, User};

/// Code of the failure of what this server does not do. The vendor's clients give it no name.
const UNSUPPORTED: i32 = 1;
