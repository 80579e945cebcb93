//! The command that starts a judge's server: what of it is shown, and what is stored.

use evenhand::input::ServerCommand;

fn command(text: &str) -> ServerCommand {
    ServerCommand::parse("start", text).unwrap()
}

#[test]
fn what_looks_like_a_secret_is_not_shown() {
    for (text, shown) in [
        ("serve --api-key sk-1 --port {port}", "serve --api-key … --port {port}"),
        ("serve --hf_token='sk-1 b' {port}", "serve --hf_token=… {port}"),
        ("env OPENAI_API_KEY=sk-1 serve {port}", "env OPENAI_API_KEY=… serve {port}"),
        ("sh -c 'LLAMA_API_KEY=sk-1 serve {port}'", "sh -c 'LLAMA_API_KEY=… serve {port}'"),
        ("serve --max-tokens 9 --tokenizer x {port}", "serve --max-tokens 9 --tokenizer x {port}"),
        ("serve --api-key-file key.txt {port}", "serve --api-key-file key.txt {port}"),
    ] {
        assert_eq!(command(text).shown(), shown);
        assert!(!format!("{:?}", command(text)).contains("sk-1"), "{text}");
    }
}

#[test]
fn the_identity_has_the_program_and_a_digest_and_no_word() {
    let identity = command("/opt/bin/serve -m secret.gguf --port {port}").identity();
    assert!(identity.starts_with("serve, command "), "{identity}");
    assert!(!identity.contains("secret") && !identity.contains("opt"), "{identity}");
    let same = command("/opt/bin/serve  -m 'secret.gguf' --port {port}").identity();
    assert_eq!(identity, same, "spaces and quotation marks are no difference");
    assert_ne!(identity, command("/opt/bin/serve -m other.gguf --port {port}").identity());
}

/// It is stored in run files: a change would make every stored judge another one.
#[test]
fn the_identity_of_a_command_is_fixed() {
    assert_eq!(
        command("llama-server -m model.gguf --port {port}").identity(),
        "llama-server, command 8d21c583a998468f"
    );
}
