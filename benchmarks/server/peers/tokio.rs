// tokio: a task per connection. Arguments: workers (1: the current thread's runtime), and "udp" for datagrams.
use std::io::Write;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::runtime::{Builder, Runtime};

fn runtime(workers: usize) -> Runtime {
    if workers == 1 {
        return Builder::new_current_thread().enable_io().build().unwrap();
    }
    Builder::new_multi_thread().worker_threads(workers).enable_io().build().unwrap()
}

fn tell(port: u16) {
    println!("{}", port);
    std::io::stdout().flush().unwrap();
}

async fn echo(mut peer: TcpStream) {
    let mut buffer = [0u8; 2048];
    loop {
        match peer.read(&mut buffer).await {
            Ok(count) if count > 0 => {
                if peer.write_all(&buffer[..count]).await.is_err() {
                    return;
                }
            }
            _ => return,
        }
    }
}

async fn serve_tcp() {
    let listening = TcpListener::bind("0.0.0.0:0").await.unwrap();
    tell(listening.local_addr().unwrap().port());
    loop {
        if let Ok((peer, _)) = listening.accept().await {
            peer.set_nodelay(true).unwrap();
            tokio::spawn(echo(peer));
        }
    }
}

async fn serve_udp() {
    let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
    tell(socket.local_addr().unwrap().port());
    let mut buffer = [0u8; 2048];
    loop {
        let (count, from) = socket.recv_from(&mut buffer).await.unwrap();
        socket.send_to(&buffer[..count], from).await.unwrap();
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let workers = arguments[1].parse().unwrap();
    if arguments.len() > 2 {
        runtime(workers).block_on(serve_udp());
    } else {
        // A task, so that accepting is a worker's work as everything else is.
        let running = runtime(workers);
        running.block_on(async { tokio::spawn(serve_tcp()).await.unwrap() });
    }
}
