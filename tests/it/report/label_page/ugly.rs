//! Comparisons with everything that is hard to show.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::forms::item;

/// A text in every field that is HTML, a script, a link or a control sequence.
pub(super) const HOSTILE: &str = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\n\n\
    [click](javascript:document.title='owned') ![pixel](https://outside.test/pixel.png) <https://outside.test/>\n\n\
    <iframe src=\"https://outside.test/\"></iframe>\n\n<style>body{display:none}</style>\n\n\
    | <b>a</b> | b |\n|---|---|\n| <svg onload=alert(1)> | ![x](//outside.test/y.png) |\n\n\
    ```html\n<link rel=stylesheet href=https://outside.test/a.css>\n```\n\n\u{202e}reversed\u{202c} \u{1b}[2Jgone\u{0}";

/// Returns comparisons with everything that is hard to show.
pub(super) fn ugly_items() -> Vec<Value> {
    let line = format!("let x = [{}];", "1234567890, ".repeat(60));
    let code = |name: &str| {
        format!(
            "# Sorting\n\nHere is a **stable** sort, see [the docs](https://docs.test/sort?a=1):\n\n```rust\n\
             /// Sorts in place.\nfn {name}(values: &mut [u32]) -> usize {{\n    let mut swaps = 0; // none yet\n    \
             for i in 0..values.len() {{\n        if values[i] > 10 {{ println!(\"large: {{}}\", values[i]); swaps += 1; }}\n    \
             }}\n    {line}\n    swaps\n}}\n```\n\n1. Call `{name}`.\n2. Look at the *result*:\n   - it is sorted\n   - ~~it is not~~\n     - [x] really\n     - [ ] perhaps\n\n> Nobody sorts by hand.\n\n---\n\nDone."
        )
    };
    let table = |last: &str| {
        let mut text = "Prices of all plans:\n\n| plan | seats | price per month | support | storage | region | notes |\n|:--|--:|--:|---|---|---|---|\n".to_owned();
        for row in 0..6 {
            writeln!(text, "| plan {row} | {} | {} € | by mail | {} GB | eu-central-1 | a longer remark that needs room |", row * 7, row * 100, row * 50).unwrap();
        }
        format!("{text}\n{last} 🎉👩‍👩‍👧‍👦")
    };
    let call = |city: &str| {
        json!([
            { "role": "assistant", "content": "I look that up.", "tool_calls": [
                { "id": "call-1", "type": "function", "function": { "name": "get_weather",
                  "arguments": format!("{{\"city\":\"{city}\",\"days\":3,\"options\":{{\"units\":\"metric\",\"hourly\":false}}}}") } }] },
            { "role": "tool", "tool_call_id": "call-1", "content": "{\"temperature\":[3,4,2],\"sky\":\"grey\"}" },
            { "role": "assistant", "name": "secret-speaker", "content": format!("In **{city}** it stays grey, at 3 °C.") },
        ])
    };
    let conversation = json!([
        { "role": "system", "content": "You are a weather assistant." },
        { "role": "user", "content": "What is the weather like?" },
    ]);
    let levels = (0..12).map(|depth| format!("{}- level {depth}", "  ".repeat(depth)));
    let deep = crate::support::lines_of(levels);
    let arabic = "مرحبا بالعالم، هذه **إجابة** طويلة بعض الشيء لكي نرى كيف تلتف الأسطر في العمود الضيق.\n\n- أولا: `code()`\n- ثانيا: 3.5 kg\n\n> اقتباس";
    let hebrew = "שלום עולם, זו **תשובה** אחרת.\n\n1. ראשון\n2. שני עם English words באמצע\n\n| מחיר | שם |\n|---|---|\n| 5 € | תפוח |";
    let mut hostile = item(
        "secret-id-hostile",
        &json!(HOSTILE),
        [&json!(HOSTILE), &json!(format!("{HOSTILE} more"))],
    );
    hostile["reference"] = json!(HOSTILE);
    hostile["context"] = json!({ HOSTILE: HOSTILE });
    let mut tables = item(
        "secret-id-table",
        &json!("List the prices of all plans as a table."),
        [&json!(table("That is all.")), &json!(table("Anything else?"))],
    );
    tables["reference"] = json!(["One acceptable answer.", "Another acceptable answer."]);
    tables["context"] = json!({ "account": { "id": 7, "plan": "free" } });
    vec![
        item(
            "secret-id-code",
            &json!("Write a function in Rust that sorts numbers, and explain how to use it."),
            [&json!(code("bubble_sort")), &json!(code("sort_values"))],
        ),
        tables,
        item(
            "secret-id-rtl",
            &json!("اكتب تحية قصيرة باللغة العربية أو العبرية."),
            [&json!(arabic), &json!(hebrew)],
        ),
        item("secret-id-tools", &conversation, [&call("Oslo"), &call("Bergen")]),
        item("secret-id-empty", &json!("Say something."), [&json!(" \n"), &json!("Something.")]),
        item(
            "secret-id-line",
            &json!("Repeat."),
            [&json!("word".repeat(3_000)), &json!("word ".repeat(6_000))],
        ),
        item(
            "secret-id-deep",
            &json!("Nest."),
            [&json!(deep), &json!(format!("{} deep", "> ".repeat(200)))],
        ),
        hostile,
        item(
            "secret-id-huge",
            &json!("A lot."),
            [&json!("lorem ipsum ".repeat(100_000)), &json!("dolor sit ".repeat(100))],
        ),
        item("secret-id-equal", &json!("Same?"), [&json!("The same."), &json!("The same.")]),
    ]
}
