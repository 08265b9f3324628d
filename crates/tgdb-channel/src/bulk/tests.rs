//! The parts without I/O, by themselves.

mod csv;
mod export;
mod packer;
