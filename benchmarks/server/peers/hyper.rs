// hyper on tokio: a full parser, and a date. Argument: workers (1: the current thread's runtime).
use hyper::server::conn::Http;
use hyper::service::service_fn;
use hyper::{Body, Request, Response};
use std::convert::Infallible;
use std::io::Write;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

static LARGE: [u8; 1 << 20] = [b'x'; 1 << 20];

fn runtime(workers: usize) -> Runtime {
    if workers == 1 {
        return Builder::new_current_thread().enable_io().build().unwrap();
    }
    Builder::new_multi_thread().worker_threads(workers).enable_io().build().unwrap()
}

async fn answer(request: Request<Body>) -> Result<Response<Body>, Infallible> {
    let large = request.uri().path() == "/m";
    let body = if large { Body::from(&LARGE[..]) } else { Body::from("Hello, World!\n") };
    Ok(Response::builder().header("Content-Type", "text/plain").body(body).unwrap())
}

async fn converse(peer: TcpStream) {
    let mut http = Http::new();
    http.http1_only(true).pipeline_flush(true);
    let _ = http.serve_connection(peer, service_fn(answer)).await;
}

async fn serve() {
    let listening = TcpListener::bind("0.0.0.0:0").await.unwrap();
    println!("{}", listening.local_addr().unwrap().port());
    std::io::stdout().flush().unwrap();
    loop {
        if let Ok((peer, _)) = listening.accept().await {
            peer.set_nodelay(true).unwrap();
            tokio::spawn(converse(peer));
        }
    }
}

fn main() {
    let workers = std::env::args().nth(1).unwrap().parse().unwrap();
    runtime(workers).block_on(async { tokio::spawn(serve()).await.unwrap() });
}
