//! `frame_fuzz::roundtrip_frame`, under libFuzzer; without it, over the files that are named.
#![cfg_attr(fuzzing, no_main)]

frame_fuzz::target!(roundtrip_frame);
