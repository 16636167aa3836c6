//! `frame_fuzz::decode_frame`, under libFuzzer; without it, over the files that are named.
#![cfg_attr(fuzzing, no_main)]

frame_fuzz::target!(decode_frame);
