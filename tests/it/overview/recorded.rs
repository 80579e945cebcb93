//! Recorded judges: every number of the overview is computed here again from their verdicts.

mod needs_shared_data {
    use std::cmp::Ordering;
    use std::collections::HashMap;
    use std::path::Path;

    use serde_json::Value;

    use super::super::{WITH_LABELS, assert_estimate, found};
    use crate::support::shared_data::{read_json, set_up, shared};

    /// What a judge said of the natural comparisons.
    struct Recorded {
        verdicts: Vec<Value>,
        /// By id.
        labels: HashMap<String, Value>,
        /// By id.
        items: HashMap<String, Value>,
        document: Value,
    }

    fn by_id(file: &Path) -> HashMap<String, Value> {
        let text = std::fs::read_to_string(file).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.map(|line| (line["id"].as_str().unwrap().to_owned(), line)).collect()
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    impl Recorded {
        fn judged(judge: &str) -> Self {
            let data = shared("data/llmbar-natural");
            let expected = read_json(&data.join("expected.json"));
            let folder = set_up(&data, judge, &expected[judge]["reply"]);
            let items = data.join("items.jsonl");
            let task = ["judge", items.to_str().unwrap(), "--rubric", "./r.toml", "--judge", judge];
            let flags = ["--run", "run.db", "--inconclusive", "pass"];
            folder.run(&[&task[..], &flags].concat()).expect(0);
            std::fs::copy(data.join("labels.jsonl"), folder.path().join("labels.jsonl")).unwrap();
            Self {
                verdicts: folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines(),
                labels: by_id(&data.join("labels.jsonl")),
                items: by_id(&items),
                document: found(&folder, WITH_LABELS),
            }
        }

        fn label(&self, verdict: &Value) -> &Value {
            &self.labels[verdict["id"].as_str().unwrap()]["winner"]
        }

        fn length(&self, verdict: &Value, system: &Value) -> usize {
            let item = &self.items[verdict["id"].as_str().unwrap()];
            item["responses"][system.as_str().unwrap()].as_str().unwrap().chars().count()
        }

        /// The order table, and how many comparisons it leaves out.
        fn order_table(&self) -> ([[u64; 3]; 3], u64) {
            let (mut table, mut left_out) = ([[0; 3]; 3], 0);
            for verdict in &self.verdicts {
                let place = |order: usize| match &verdict["orders"][order]["preference"] {
                    Value::Null => None,
                    one if *one == verdict["between"][0] => Some(0),
                    one if *one == verdict["between"][1] => Some(2),
                    _ => Some(1),
                };
                match (place(0), place(1)) {
                    (Some(i), Some(j)) => table[i][j] += 1,
                    _ => left_out += 1,
                }
            }
            (table, left_out)
        }

        /// How often the judge and how often people prefer the longer response.
        fn longer_preferred(&self) -> [Vec<f64>; 2] {
            let (mut judged, mut people) = (Vec::new(), Vec::new());
            for verdict in &self.verdicts {
                let [a, b] = [0, 1].map(|at| &verdict["between"][at]);
                let longer = match self.length(verdict, a).cmp(&self.length(verdict, b)) {
                    Ordering::Greater => a,
                    Ordering::Less => b,
                    Ordering::Equal => continue,
                };
                judged.push(order_averaged(verdict, longer));
                people.push(f64::from(self.label(verdict) == longer));
            }
            [judged, people]
        }

        /// Whether each reply agrees with its label; an unreadable one does not.
        fn right(&self) -> Vec<f64> {
            let of = |verdict: &Value| -> Vec<f64> {
                let orders = verdict["orders"].as_array().unwrap().iter();
                orders.map(|order| f64::from(order["preference"] == *self.label(verdict))).collect()
            };
            self.verdicts.iter().flat_map(of).collect()
        }

        /// The margin by brute force: the highest scores of the leader are reversed until it no longer leads.
        fn reversals(&self) -> usize {
            let system = &self.document["margins"][0]["system"];
            let mut scores: Vec<f64> =
                self.verdicts.iter().map(|verdict| order_averaged(verdict, system)).collect();
            if mean(&scores) < 0.5 {
                scores = scores.iter().map(|score| 1.0 - score).collect();
            }
            scores.sort_by(|one, other| other.total_cmp(one));
            let mut reversals = 0;
            while mean(&scores) > 0.5 + 1e-12 {
                scores[reversals] = 1.0 - scores[reversals];
                reversals += 1;
            }
            reversals
        }
    }

    /// What both orders are worth to a system; a tie and an unreadable order are one half.
    fn order_averaged(verdict: &Value, system: &Value) -> f64 {
        let score = |order: &Value| match &order["preference"] {
            Value::Null => 0.5,
            one if one == "tie" => 0.5,
            one => f64::from(one == system),
        };
        mean(&verdict["orders"].as_array().unwrap().iter().map(score).collect::<Vec<_>>())
    }

    #[test]
    #[ignore = "needs ../shared/data"]
    fn recorded_judges_have_the_numbers_that_their_verdicts_give() {
        for judge in ["falcon-cot", "gpt-4-cot"] {
            let recorded = Recorded::judged(judge);
            let document = &recorded.document;
            let (table, left_out) = recorded.order_table();
            let found = &document["order_tables"][0];
            assert_eq!(found["counts"], serde_json::to_value(table).unwrap(), "{judge}");
            assert_eq!(found["left_out"], left_out, "{judge}");
            let [judged, people] = recorded.longer_preferred();
            let lengths = &document["lengths"];
            assert_estimate(&lengths["judge"], mean(&judged), judged.len() as u64);
            assert_estimate(&lengths["people"], mean(&people), people.len() as u64);
            let margin = &document["margins"][0]["order_averaged"];
            assert_eq!(margin["reversals"], recorded.reversals(), "{judge}");
            let right = recorded.right();
            let agreement = &document["calibration"]["orders"]["agreement"];
            assert_estimate(agreement, mean(&right), right.len() as u64);
            // The thirds by similarity together have every reply.
            let closeness = document["closeness"].as_array().unwrap();
            let similarity = closeness.iter().find(|one| one["measure"] == "similarity").unwrap();
            let bands = similarity["bands"].as_array().unwrap();
            assert_eq!(bands.len(), 3, "{judge}");
            let agreed = |band: &Value| {
                let agreement = &band["agreement"];
                agreement["value"].as_f64().unwrap() * agreement["n"].as_f64().unwrap()
            };
            let sum: f64 = bands.iter().map(agreed).sum();
            assert!((sum - right.iter().sum::<f64>()).abs() < 1e-9, "{judge}: {sum}");
        }
    }
}
