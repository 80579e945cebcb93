"""Ask an LLM judge which of two responses is better, in both orders, and measure the judge against people.

Everything is computed by the program ``evenhand``, which this package starts and whose results it returns as Python
objects: :func:`generate` asks systems for responses, :func:`judge` and :func:`stream` compare them, and a :class:`Run`
holds what came of it; :func:`grade` and :func:`stream_grades` grade single responses, and :class:`Grades` holds what
came of that; :func:`metrics` computes reference metrics, and :func:`judge_function` and :func:`system_function` make a
Python function a judge or a system.
"""

from evenhand._asking import Judge
from evenhand._binary import binary_path, version
from evenhand._calibration import Calibration
from evenhand._errors import (
    EndpointError,
    EvenhandError,
    EvenhandWarning,
    GateInconclusive,
    GateMissed,
    Incomplete,
    InputError,
    InternalError,
    RunFileError,
    UsageError,
)
from evenhand._events import ComparisonEvent, Event, PlanEvent, ProgressEvent, ResultEvent
from evenhand._frames import FrameLibrary
from evenhand._generate import Systems, generate
from evenhand._grade import GradeOptions, grade, stream_grades
from evenhand._grade_calibration import GradeCalibration
from evenhand._grade_events import GradeEvent, GradePlanEvent, GradeResultEvent, GradingEvent
from evenhand._grade_results import (
    GradeDifference,
    GradeScale,
    GradeSummary,
    JudgeGrades,
    PassBounds,
    PassRate,
    ScaleOrderEffect,
    SystemGrades,
)
from evenhand._grades import Grades
from evenhand._inputs import Rows
from evenhand._judge import JudgeOptions, judge, stream
from evenhand._judge_function import JudgeError, JudgeFunction, JudgeRequest, Reply, judge_function
from evenhand._metrics import MetricScores, metrics
from evenhand._responses import Responses, SystemSummary
from evenhand._results import CascadeSummary, Estimate, Gate, JudgeSummary, Notice, Summary, WinRate
from evenhand._run import Run
from evenhand._system_function import SystemFunction, system_function

__version__ = version()

__all__ = [
    "Calibration",
    "CascadeSummary",
    "ComparisonEvent",
    "EndpointError",
    "Estimate",
    "EvenhandError",
    "EvenhandWarning",
    "Event",
    "FrameLibrary",
    "Gate",
    "GateInconclusive",
    "GateMissed",
    "GradeCalibration",
    "GradeDifference",
    "GradeEvent",
    "GradeOptions",
    "GradePlanEvent",
    "GradeResultEvent",
    "GradeScale",
    "GradeSummary",
    "Grades",
    "GradingEvent",
    "Incomplete",
    "InputError",
    "InternalError",
    "Judge",
    "JudgeError",
    "JudgeFunction",
    "JudgeGrades",
    "JudgeOptions",
    "JudgeRequest",
    "JudgeSummary",
    "MetricScores",
    "Notice",
    "PassBounds",
    "PassRate",
    "PlanEvent",
    "ProgressEvent",
    "Reply",
    "Responses",
    "ResultEvent",
    "Rows",
    "Run",
    "RunFileError",
    "ScaleOrderEffect",
    "Summary",
    "SystemFunction",
    "SystemGrades",
    "SystemSummary",
    "Systems",
    "UsageError",
    "WinRate",
    "__version__",
    "binary_path",
    "generate",
    "grade",
    "judge",
    "judge_function",
    "metrics",
    "stream",
    "stream_grades",
    "system_function",
]
