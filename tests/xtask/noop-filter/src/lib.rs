//! A filter that does nothing. Envoy calls it for every part of a request and an answer, and it
//! lets each pass: what is left is the price of the sandbox. Outside wasm32 it is empty.

#[cfg(target_arch = "wasm32")]
mod filter {
    use proxy_wasm::traits::{Context, HttpContext, RootContext};
    use proxy_wasm::types::ContextType;

    proxy_wasm::main! {{
        proxy_wasm::set_root_context(|_| Box::new(Noop));
    }}

    struct Noop;

    impl Context for Noop {}

    impl HttpContext for Noop {}

    impl RootContext for Noop {
        fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
            Some(Box::new(Self))
        }

        fn get_type(&self) -> Option<ContextType> {
            Some(ContextType::HttpContext)
        }
    }
}
