//! The program `decide`, run as a user runs it: what it answers, what it says about mistakes, and what garbage does to it.

mod answers;
mod garbage;
mod mistakes;
mod run;
mod vectors;
