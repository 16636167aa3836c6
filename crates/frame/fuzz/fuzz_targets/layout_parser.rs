//! `frame_fuzz::layout_parser`, under libFuzzer; without it, over the files that are named.
#![cfg_attr(fuzzing, no_main)]

frame_fuzz::target!(layout_parser);
