//! `frame_fuzz::frame_differential`, under libFuzzer; without it, over the files that are named.
#![cfg_attr(fuzzing, no_main)]

frame_fuzz::target!(frame_differential);
