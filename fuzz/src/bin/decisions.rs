//! Makes random decisions without a fuzzer and judges each: `decisions [how many] [seed]`.

use sandbox_lifecycle_fuzz::{
    bytes::Seeded,
    walk::{first_row, walk},
};
use std::{env, time::Instant};

fn main() {
    let number =
        |place| env::args().nth(place).map(|text| text.replace('_', "").parse::<u64>().expect("a whole number"));
    let (wanted, first_seed) = (number(1).unwrap_or(1_000_000), number(2).unwrap_or(1));
    let begun = Instant::now();
    let (mut made, mut seed) = (0, first_seed);
    while made < wanted {
        let mut bytes = Seeded::new(seed);
        let mut row = first_row(&mut bytes);
        // On a panic the seed says which walk it was.
        let named = Named(seed);
        made += walk(&mut bytes, &mut row, 64);
        std::mem::forget(named);
        seed += 1;
    }
    let walks = seed - first_seed;
    println!("{made} decisions in {walks} walks without a panic, {:.0} seconds", begun.elapsed().as_secs_f64());
}

struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        eprintln!("the walk of seed {}", self.0);
    }
}
