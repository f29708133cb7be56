//! Talking to the shell in a virtual machine.
//!
//! An order is a line with a mark, the seconds it may take and the length of what follows: a text
//! for `sh`. Its answer is a line with the same mark, the status and two lengths, and then both
//! streams as they are. Nothing is encoded, so nothing has to be understood to be passed on.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How long after its deadline an order that was killed in the machine may take to be answered.
const GRACE: Duration = Duration::from_secs(10);

/// What came of an order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    mark: u64,
    /// As a shell knows it: signals are above 128.
    pub(super) status: i32,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// What the shell says.
#[derive(Debug, PartialEq, Eq)]
enum Message {
    /// It listens; once for each of its starts.
    Ready,
    /// An order is over.
    Answer(Answer),
}

/// Why the shell says nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// It did not come to an answer in time.
    Late,
    /// The machine is gone.
    Ended,
}

/// The two directions, each with a thread, so that nobody waits longer than they wanted to.
#[derive(Debug)]
pub(super) struct Channel {
    orders: Sender<Vec<u8>>,
    messages: Receiver<Message>,
    count: u64,
}

impl Channel {
    /// Talks over a pair of streams. The threads end with the streams.
    pub(super) fn over(
        mut input: impl Write + Send + 'static,
        output: impl Read + Send + 'static,
    ) -> Self {
        let (orders, ordered) = mpsc::channel::<Vec<u8>>();
        thread::spawn(move || {
            for order in ordered {
                // A machine that is gone is noticed by its silence.
                drop(input.write_all(&order).and_then(|()| input.flush()));
            }
        });
        let (tell, messages) = mpsc::channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Ok(Some(message)) = next(&mut output) {
                if tell.send(message).is_err() {
                    return;
                }
            }
        });
        Self {
            orders,
            messages,
            count: 0,
        }
    }

    /// Waits until the shell listens.
    pub(super) fn greeted(&self, deadline: Duration) -> Result<(), Silence> {
        self.heard(deadline, |message| {
            matches!(message, Message::Ready).then_some(())
        })
    }

    /// Has the shell run a text and waits for the answer.
    pub(super) fn ask(&mut self, text: &str, deadline: Duration) -> Result<Answer, Silence> {
        self.count += 1;
        let mark = self.count;
        self.orders
            .send(order(mark, text, deadline))
            .map_err(|_| Silence::Ended)?;
        // Answers to orders that were given up are passed over.
        self.heard(deadline + GRACE, |message| match message {
            Message::Answer(answer) if answer.mark == mark => Some(answer),
            Message::Answer(_) | Message::Ready => None,
        })
    }

    /// The first message that is wanted.
    fn heard<T>(
        &self,
        deadline: Duration,
        wanted: impl Fn(Message) -> Option<T>,
    ) -> Result<T, Silence> {
        let begun = Instant::now();
        loop {
            let left = deadline.saturating_sub(begun.elapsed());
            let message = self.messages.recv_timeout(left).map_err(|why| match why {
                RecvTimeoutError::Timeout => Silence::Late,
                RecvTimeoutError::Disconnected => Silence::Ended,
            })?;
            if let Some(heard) = wanted(message) {
                return Ok(heard);
            }
        }
    }
}

/// An order as the shell reads it.
fn order(mark: u64, text: &str, deadline: Duration) -> Vec<u8> {
    // No time at all would mean all the time in the world.
    let seconds = deadline.max(Duration::from_millis(1)).as_secs_f64();
    let length = text.len();
    format!("{mark} {seconds:.3} {length}\n{text}").into_bytes()
}

/// The next message, or nothing at the end.
fn next(output: &mut BufReader<impl Read>) -> io::Result<Option<Message>> {
    let mut line = String::new();
    if output.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let line = line.trim_end();
    if line == "ready" {
        return Ok(Some(Message::Ready));
    }
    let Some((mark, status, [out, err])) = heading(line) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, line));
    };
    let mut exactly = |length: u64| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        output.take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let (stdout, stderr) = (exactly(out)?, exactly(err)?);
    Ok(Some(Message::Answer(Answer {
        mark,
        status,
        stdout,
        stderr,
    })))
}

/// The mark, the status and the lengths from the first line of an answer.
fn heading(line: &str) -> Option<(u64, i32, [u64; 2])> {
    let mut words = line.split(' ');
    let mark = words.next()?.parse().ok()?;
    let status = words.next()?.parse().ok()?;
    let out = words.next()?.parse().ok()?;
    let err = words.next()?.parse().ok()?;
    Some((mark, status, [out, err]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(10);

    #[test]
    fn an_order_tells_its_mark_its_time_and_its_length() {
        let sent = order(7, "echo\nö", Duration::from_millis(1500));
        assert_eq!(sent, "7 1.500 7\necho\nö".as_bytes());
        assert!(order(1, "", Duration::ZERO).starts_with(b"1 0.001 0\n"));
    }

    #[test]
    fn streams_come_through_whatever_is_in_them() {
        let said: &[u8] = b"ready\n1 0 6 0\n\xff\0\r\n9 2 137 0 3\nerr";
        let mut channel = Channel::over(io::sink(), said);
        channel.greeted(WAIT).unwrap();
        assert_eq!(channel.ask("", WAIT).unwrap().stdout, b"\xff\0\r\n9 ");
        assert_eq!(channel.ask("", WAIT).unwrap().stderr, b"err");
    }

    #[test]
    fn nothing_is_believed_after_something_that_makes_no_sense() {
        let said: &[u8] = b"1 0 many 0\nready\n";
        let channel = Channel::over(io::sink(), said);
        assert_eq!(channel.greeted(WAIT), Err(Silence::Ended));
    }

    #[test]
    fn late_answers_to_other_orders_are_passed_over() {
        let said: &[u8] = b"9 0 1 0\nx1 3 0 3\nerr";
        let mut channel = Channel::over(io::sink(), said);
        let answer = channel.ask("", WAIT).unwrap();
        assert_eq!((answer.status, answer.stderr), (3, b"err".to_vec()));
        assert_eq!(channel.ask("", WAIT), Err(Silence::Ended));
    }
}
