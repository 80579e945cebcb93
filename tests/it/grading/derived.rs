//! Grades derived from real comparisons: counts and agreement as other programs compute them from the same data.
//!
//! The expected numbers are those of scikit-learn 1.5.2 (`cohen_kappa_score`, `confusion_matrix`) and krippendorff 0.8.0,
//! with numpy 2.2.6, on grades that a Python script of its own derived from the data.

mod needs_shared_data {
    use std::collections::BTreeMap;

    use evenhand::input::{
        DataFile, Grade, GradeLabels, Item, KnownItems, LabelColumns, read_grade_labels, read_items,
    };
    use evenhand::stats::{
        Coincidences, Metric, Table, Weights, cohen_kappa_value, krippendorff_alpha,
    };
    use evenhand::store::GradeRun;
    use evenhand::verdict::Outcome;
    use serde_json::Value;

    use crate::support::derived_grades::{DerivedGrades, by_comparisons, by_order};

    /// The grade of each response, by item and system.
    type Grades = BTreeMap<(String, String), u8>;

    /// Grades every response and returns the summary.
    fn graded(data: &DerivedGrades, judge: &str) -> Value {
        let run = format!("{judge}.db");
        let task = ["grade", "items.jsonl", "--rubric", "derived", "--judge", judge, "--run", &run];
        let flags = ["--format", "json"];
        let said = data.folder.run(&[&task[..], &flags].concat());
        assert!(said.code == 0 || said.code == 1, "{} {}", said.code, said.stderr);
        let summary: Value = serde_json::from_str(&said.stdout).unwrap();
        let judges = summary["judges"].as_array().unwrap();
        assert_eq!(judges.len(), 1);
        judges[0].clone()
    }

    /// Fails unless calibration against the labels finds what other programs do: the counts, rows being those of people,
    /// κ without weights, with linear and with quadratic ones, and the passes found among those of people, and the fails.
    #[track_caller]
    fn assert_calibrated(
        data: &DerivedGrades,
        judge: &str,
        cells: &[f64; 9],
        kappas: [f64; 3],
        [passes, fails]: [[u64; 2]; 2],
    ) -> Value {
        let run = format!("{judge}.db");
        let task = ["calibrate", &run, "--labels", "labels.jsonl", "--format", "json"];
        let said = data.folder.run(&task).expect(0);
        let found: Value = serde_json::from_str(&said.stdout).unwrap();
        let kept = &found["kept"];
        for (name, expected) in
            ["cohen_kappa", "linear_kappa", "weighted_kappa"].into_iter().zip(kappas)
        {
            let value = kept[name]["value"].as_f64().unwrap();
            assert!((value - expected).abs() < 1e-9, "{judge}: {name}: {value}");
        }
        for row in 0..3 {
            for column in 0..3 {
                // Rows are those of the judge there.
                let count = &kept["confusion"]["counts"][column][row];
                assert_eq!(count.as_f64(), Some(cells[row * 3 + column]), "{judge}");
            }
        }
        for (name, [found, of]) in [("true_positive_rate", passes), ("true_negative_rate", fails)] {
            let value = kept[name]["value"].as_f64().unwrap();
            assert!((value - found as f64 / of as f64).abs() < 1e-12, "{judge}: {name}: {value}");
            assert_eq!(kept[name]["n"], of, "{judge}: {name}");
        }
        found
    }

    /// What a judge kept.
    fn kept(data: &DerivedGrades, judge: &str) -> Grades {
        let run = GradeRun::open(&data.folder.path().join(format!("{judge}.db"))).unwrap();
        let mut grades = Grades::new();
        run.for_each(|response| {
            let verdict = response.judged[0].verdict;
            if verdict.outcome == Outcome::Kept {
                let step = verdict.grade.and_then(Grade::step).unwrap();
                grades.insert((response.id, response.system), step);
            }
            Ok(())
        })
        .unwrap();
        grades
    }

    /// The labels of each annotator.
    fn people(data: &DerivedGrades) -> BTreeMap<String, Grades> {
        let run = data.folder.path().join(format!("{}.db", data.judges[0]));
        let run = GradeRun::open(&run).unwrap();
        let items: Vec<Item> =
            read_items(&data.folder.path().join("items.jsonl"), &[]).unwrap().items;
        let file = data.folder.path().join("labels.jsonl");
        let file = DataFile::labels(file, LabelColumns::default());
        let read: GradeLabels =
            read_grade_labels(&file, &KnownItems::of(&items), run.scale()).unwrap();
        assert_eq!((read.unmatched_ids.len(), read.blank), (0, 0));
        assert_eq!(read.warnings, [] as [String; 0]);
        let mut people: BTreeMap<String, Grades> = BTreeMap::new();
        for label in read.labels {
            let response = (items[label.item as usize].id.clone(), label.system.to_string());
            let of = people.entry(label.annotator.to_string()).or_default();
            of.insert(response, label.grade.step().unwrap());
        }
        people
    }

    /// What more than half of the three people say.
    #[expect(clippy::naive_bytecount, reason = "there are three of them")]
    fn majority(people: &BTreeMap<String, Grades>) -> Grades {
        let grades: Vec<&Grades> = people.values().collect();
        let of = |response: &(String, String)| {
            let given: Vec<u8> = grades.iter().map(|grades| grades[response]).collect();
            given.iter().copied().find(|one| given.iter().filter(|other| *other == one).count() > 1)
        };
        grades[0].keys().filter_map(|key| Some((key.clone(), of(key)?))).collect()
    }

    /// Counts the grades of two raters: rows are those of the first.
    fn table(rows: &Grades, columns: &Grades) -> [f64; 9] {
        let mut cells = [0.0; 9];
        for (response, row) in rows {
            if let Some(column) = columns.get(response) {
                cells[usize::from(row * 3 + column)] += 1.0;
            }
        }
        cells
    }

    /// Fails unless κ without weights, with linear and with quadratic ones are as expected.
    #[track_caller]
    fn assert_kappas(cells: &[f64; 9], expected: [f64; 3]) {
        let table = Table::new(3, cells).unwrap();
        for (weights, expected) in
            [Weights::Identity, Weights::Linear, Weights::Quadratic].into_iter().zip(expected)
        {
            let found = cohen_kappa_value(table, weights).unwrap();
            assert!((found - expected).abs() < 1e-9, "{weights:?}: {found}, expected {expected}");
        }
    }

    /// Each system with how often each step was kept.
    fn steps(summary: &Value) -> Vec<(String, [u64; 3])> {
        let of = |system: &Value| {
            let steps = [0, 1, 2].map(|step| system["steps"][step].as_u64().unwrap());
            (system["system"].as_str().unwrap().to_owned(), steps)
        };
        summary["systems"].as_array().unwrap().iter().map(of).collect()
    }

    fn named(expected: &[(&str, [u64; 3])]) -> Vec<(String, [u64; 3])> {
        expected.iter().map(|(name, steps)| ((*name).to_owned(), *steps)).collect()
    }

    #[test]
    #[ignore = "needs ../shared/data"]
    fn a_judge_that_prefers_the_first_place_changes_its_grades_with_the_order() {
        let data = by_order();
        let summary = graded(&data, "gpt-4");
        assert_eq!(summary["planned"], 160);
        // Twice the 46 kept, and the 16 flipped and 18 split comparisons of the same replies.
        assert_eq!(
            (&summary["outcomes"]["kept"], &summary["outcomes"]["changed"]),
            (&92.into(), &68.into())
        );
        let expected = [("gpt35", [20, 6, 20]), ("vicuna-13b", [20, 6, 20])];
        assert_eq!(steps(&summary), named(&expected));
        let people = people(&data);
        let cells = table(&people["consensus"], &kept(&data, "gpt-4"));
        assert_eq!(cells.map(|cell| cell as u64), [27, 6, 7, 0, 0, 0, 7, 6, 27]);
        let kappas = [0.434_782_608_7, 0.5, 0.540_540_540_5];
        assert_kappas(&cells, kappas);
        let found = assert_calibrated(&data, "gpt-4", &cells, kappas, [[27, 40], [33, 40]]);
        // Shown first, 66 responses get a higher grade than shown second, and 2 a lower one.
        let order = &found["order"];
        assert_eq!([&order["lower_when_reversed"], &order["higher_when_reversed"]], [66, 2]);
        // Both single replies as often right as those about the comparisons.
        let agreement = found["replies"]["agreement"]["value"].as_f64().unwrap();
        assert!((agreement - 152.0 / 264.0).abs() < 1e-12, "{agreement}");
    }

    #[test]
    #[ignore = "needs ../shared/data"]
    fn judges_agree_less_with_people_than_people_with_one_another() {
        let data = by_comparisons();
        let judges = [
            (
                "gpt-3.5-turbo",
                [754, 7],
                [[57, 22, 69], [93, 20, 37], [33, 24, 93], [70, 32, 50], [66, 27, 61]],
                [245.0, 50.0, 45.0, 28.0, 41.0, 32.0, 44.0, 32.0, 231.0],
                [0.498_794_761_3, 0.562_240_299_6, 0.608_245_991_5],
                [[231, 307], [368, 447]],
            ),
            (
                "pandalm-7b",
                [761, 0],
                [[57, 26, 67], [88, 26, 38], [46, 23, 82], [65, 30, 57], [70, 22, 64]],
                [236.0, 43.0, 62.0, 29.0, 51.0, 26.0, 59.0, 32.0, 217.0],
                [0.462_007_977_4, 0.494_894_270_6, 0.518_936_610_9],
                [[217, 308], [362, 453]],
            ),
        ];
        let systems = ["bloom-7b", "cerebras-gpt-6.7B", "llama-7b", "opt-7b", "pythia-6.9b"];
        for (judge, [kept_grades, unparsed], of_systems, cells, kappas, rates) in judges {
            let summary = graded(&data, judge);
            assert_eq!(summary["planned"], 761, "{judge}");
            assert_eq!(summary["outcomes"]["kept"], kept_grades, "{judge}");
            assert_eq!(summary["outcomes"]["unparsed"], unparsed, "{judge}");
            let expected: Vec<(&str, [u64; 3])> = systems.into_iter().zip(of_systems).collect();
            assert_eq!(steps(&summary), named(&expected), "{judge}");
            let majority = majority(&people(&data));
            assert_eq!(majority.len(), 755);
            let found = table(&majority, &kept(&data, judge));
            assert_eq!(found.map(|cell| cell as u64), cells.map(|cell| cell as u64), "{judge}");
            assert_kappas(&found, kappas);
            let found = assert_calibrated(&data, judge, &cells, kappas, rates);
            assert_eq!(found["no_majority"], 6, "{judge}");
            let alpha = found["human"]["krippendorff_alpha"]["value"].as_f64().unwrap();
            assert!((alpha - 0.886_188_971_154_611).abs() < 1e-9, "{judge}: {alpha}");
        }
        let people = people(&data);
        let [one, two, three] =
            ["annotator1", "annotator2", "annotator3"].map(|name| &people[name]);
        assert_kappas(&table(one, two), [0.820_039_204_3, 0.849_814_100_2, 0.870_703_182_0]);
        assert_kappas(&table(one, three), [0.864_589_600_0, 0.891_189_185_5, 0.910_188_555_9]);
        assert_kappas(&table(two, three), [0.840_335_014_6, 0.861_760_084_1, 0.876_939_873_6]);
        let mut given = Coincidences::new(&[0.0, 1.0, 2.0]).unwrap();
        for response in one.keys() {
            given.add(&[one, two, three].map(|grades| f64::from(grades[response]))).unwrap();
        }
        for (metric, expected) in [
            (Metric::Nominal, 0.841_776_699_787_959_9),
            (Metric::Ordinal, 0.886_188_971_154_611),
            (Metric::Interval, 0.885_931_877_966_247),
        ] {
            let found = krippendorff_alpha(&given, metric).unwrap();
            assert!((found - expected).abs() < 1e-9, "{metric:?}: {found}");
        }
    }
}
