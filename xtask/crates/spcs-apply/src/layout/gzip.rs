//! Parallel gzip compression into a single member, which every reader accepts. The data is split
//! into blocks, each block is deflated independently and ends on a byte boundary (a sync flush),
//! and the blocks are concatenated. The split does not depend on the number of cores, so the same
//! data gives the same bytes.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use flate2::{Compress, Compression, Crc, FlushCompress};

use crate::digest::Hashing;

/// Large enough not to hurt the compression ratio, small enough to keep memory use low.
const BLOCK: usize = 1024 * 1024;

/// The highest level that does not make compression the slowest step of a build.
const LEVEL: u32 = 4;

/// An empty final deflate block.
const END: [u8; 2] = [3, 0];

/// No name, no time and an unknown operating system, so that the header is always the same.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

struct Block {
    bytes: Vec<u8>,
    crc: Crc,
}

/// Compresses all of `source` into `target`; returns the digest of the uncompressed data.
pub(super) fn compress(mut source: impl Read + Send, mut target: impl Write) -> io::Result<String> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let (blocks, queue) = sync_channel::<(u64, Vec<u8>)>(workers);
        let (done, finished) = sync_channel::<io::Result<(u64, Block)>>(workers);
        let queue = Arc::new(Mutex::new(queue));
        let reader = scope.spawn(move || -> io::Result<String> {
            let mut hashing = Hashing::new(io::sink());
            for index in 0.. {
                let mut block = Vec::with_capacity(BLOCK);
                (&mut source).take(BLOCK as u64).read_to_end(&mut block)?;
                hashing.write_all(&block)?;
                if block.is_empty() || blocks.send((index, block)).is_err() {
                    break;
                }
            }
            Ok(hashing.finish().1)
        });
        for _ in 0..workers {
            let (done, queue) = (done.clone(), Arc::clone(&queue));
            scope.spawn(move || {
                let mut deflate = Compress::new(Compression::new(LEVEL), false);
                loop {
                    let next = queue.lock().ok().and_then(|blocks| blocks.recv().ok());
                    let Some((index, block)) = next else { return };
                    let result = deflate_block(&mut deflate, &block);
                    if done.send(result.map(|block| (index, block))).is_err() {
                        return;
                    }
                }
            });
        }
        // Only the workers keep the channels open, so an error on either side ends every thread.
        drop((done, queue));
        let crc = write_in_order(finished, &mut target)?;
        target.write_all(&END)?;
        target.write_all(&crc.sum().to_le_bytes())?;
        target.write_all(&crc.amount().to_le_bytes())?;
        reader.join().map_err(|_| io::Error::other("the reading thread stopped"))?
    })
}

fn deflate_block(deflate: &mut Compress, bytes: &[u8]) -> io::Result<Block> {
    let mut crc = Crc::new();
    crc.update(bytes);
    deflate.reset();
    // Data that does not compress grows by a few bytes for each of deflate's stored blocks.
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 64 + 1024);
    loop {
        let read = deflate.total_in() as usize;
        deflate
            .compress_vec(&bytes[read..], &mut out, FlushCompress::Sync)
            .map_err(io::Error::other)?;
        if deflate.total_in() as usize == bytes.len() && out.len() < out.capacity() {
            return Ok(Block { bytes: out, crc });
        }
        out.reserve(bytes.len() / 8 + 1024);
    }
}

fn write_in_order(
    finished: Receiver<io::Result<(u64, Block)>>,
    target: &mut impl Write,
) -> io::Result<Crc> {
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    let mut crc = Crc::new();
    target.write_all(&HEADER)?;
    for block in finished {
        let (index, block) = block?;
        waiting.insert(index, block);
        while let Some(block) = waiting.remove(&next) {
            target.write_all(&block.bytes)?;
            crc.combine(&block.crc);
            next += 1;
        }
    }
    Ok(crc)
}

#[cfg(test)]
mod tests {
    use flate2::read::GzDecoder;

    use super::*;

    /// Several blocks: compressible text, then incompressible noise.
    fn sample() -> Vec<u8> {
        let mut state = 1_u64;
        (0..3 * BLOCK + 17)
            .map(|index| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                if index < BLOCK + 5 { b"layers "[index % 7] } else { (state >> 33) as u8 }
            })
            .collect()
    }

    #[test]
    fn the_output_is_one_reproducible_gzip_member_that_decompresses_to_the_data() {
        for data in [sample(), Vec::new(), vec![7; BLOCK]] {
            let (mut first, mut second) = (Vec::new(), Vec::new());
            let digest = compress(data.as_slice(), &mut first).unwrap();
            compress(data.as_slice(), &mut second).unwrap();
            assert_eq!(digest, crate::digest::of(&data));
            assert!(first == second);
            let mut back = Vec::new();
            // Unlike `MultiGzDecoder`, this one stops after the first member.
            GzDecoder::new(first.as_slice()).read_to_end(&mut back).unwrap();
            assert!(back == data);
        }
    }

    #[test]
    fn a_write_error_ends_every_thread() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = compress(sample().as_slice(), Full).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
