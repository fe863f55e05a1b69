//! trial
use deploy::{build::*, engine::*, progress::*};
struct P;
impl Progress for P {
    fn line(&self, i: &str, l: &str) {
        eprintln!("{i}| {l}");
    }
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let work = std::path::PathBuf::from("target/spcs");
    let engine = detect(EngineChoice::Auto, &work).unwrap();
    eprintln!("{engine:?}");
    let r = BuildRequest {
        name: a[1].clone(),
        context: a[2].clone().into(),
        dockerfile: format!("{}/Dockerfile", a[2]).into(),
        base: a.get(3).cloned(),
        args: Default::default(),
        work_dir: work,
    };
    let t = std::time::Instant::now();
    eprintln!("{:?}", state(&r).unwrap());
    eprintln!("{:?} {:?}", t.elapsed(), build(&engine, &r, &P).map_err(|e| e.to_string()));
    eprintln!("{:?}", t.elapsed());
}
