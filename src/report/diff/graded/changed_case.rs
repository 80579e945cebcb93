//! What is shown of a response with the replies of both runs.

use crate::cases::GradeCase;
use crate::diff::{ChangedGrade, ComparedGrades, GradeChange};
use crate::report::cases::{Part, direction_parts, grade_people_line, grade_verdict_words};
use crate::report::diff::changed_case::{OrderInBoth, in_both};

/// Returns how a grade changed: `regraded: kept: good → kept: fair`.
pub(in crate::report) fn change_words(compared: &ComparedGrades, case: &ChangedGrade) -> String {
    let scales = &compared.diff.scales;
    let [before, after] = [(&case.before, &scales[0]), (&case.after, &scales[1])]
        .map(|(case, scale)| grade_verdict_words(case.verdict, scale));
    match case.change {
        GradeChange::None => format!("{before}, unchanged"),
        GradeChange::Pending => format!("{before} → {after}"),
        change => format!("{}: {before} → {after}", change.as_str()),
    }
}

/// Returns the grades of people, and which run has the one of most of them.
pub(super) fn people_words(compared: &ComparedGrades, case: &ChangedGrade) -> String {
    let people = grade_people_line(&case.before, &compared.diff.scales[0]);
    let right = match case.right {
        None => return people,
        Some([true, true]) => "both grades are right",
        Some([true, false]) => "only the grade before is right",
        Some([false, true]) => "only the grade after is right",
        Some([false, false]) => "neither grade is right",
    };
    format!("{people} ({right})")
}

/// Returns the replies of both runs, judge by judge and direction by direction.
pub(super) fn replies_of_both(compared: &ComparedGrades, case: &ChangedGrade) -> Vec<OrderInBoth> {
    let of_run = |run: usize, case: &GradeCase| -> Vec<Vec<Vec<Part>>> {
        let several = compared.judged(run, case).count() > 1;
        let judged = compared.judged(run, case).flat_map(|(judge, judged)| {
            let file = compared.runs()[run].file();
            let rubric = judge.record.reading_rubric(file.rubric());
            let scale = compared.runs()[run].scale();
            let name = several.then(|| judge.record.name.clone());
            judged.orders.iter().map(move |direction| {
                let mut blocks = direction_parts(direction, scale, &rubric);
                if let (Some(name), Some(Part::Heading(heading))) =
                    (&name, blocks.first_mut().and_then(|block| block.first_mut()))
                {
                    *heading = format!("{name}, {heading}");
                }
                blocks
            })
        });
        judged.collect()
    };
    in_both(of_run(0, &case.before), of_run(1, &case.after))
}
