//! Every field of Snowflake's service specification reference.

use crate::lint::format::Format;
use crate::lint::shape::{Field, Shape, field, required};

const TEXT: Shape = Shape::Scalar(Format::Text);
const TEXTS: Shape = Shape::List(&TEXT);
const COUNT: Shape = Shape::Scalar(Format::Integer(1..=u32::MAX as u64));

pub(super) static DOCUMENT: Shape = Shape::Map(&[
    required("spec", Shape::Map(SPEC)),
    field("capabilities", Shape::Map(&[field("securityContext", Shape::Map(SECURITY_CONTEXT))])),
    field("serviceRoles", Shape::List(&Shape::Map(SERVICE_ROLE))),
]);

const SPEC: &[Field] = &[
    Field {
        name: "containers",
        alias: Some("container"),
        required: true,
        shape: Shape::List(&Shape::Map(CONTAINER)),
    },
    Field {
        name: "endpoints",
        alias: Some("endpoint"),
        required: false,
        shape: Shape::List(&Shape::Map(ENDPOINT)),
    },
    Field {
        name: "volumes",
        alias: Some("volume"),
        required: false,
        shape: Shape::List(&Shape::Map(VOLUME)),
    },
    field("logExporters", Shape::Map(&[field("eventTableConfig", Shape::Map(EVENT_TABLE))])),
    field("platformMonitor", Shape::Map(&[field("metricConfig", Shape::Map(METRICS))])),
    field(
        "resourceManagement",
        Shape::Map(&[field("autoScalingPolicies", Shape::Map(SCALING_POLICIES))]),
    ),
];

const SECURITY_CONTEXT: &[Field] =
    &[field("executeAsCaller", Shape::Bool), field("enableCustomCredentials", Shape::Bool)];

const SERVICE_ROLE: &[Field] = &[
    required("name", Shape::Scalar(Format::ServiceRoleName)),
    required("endpoints", Shape::List(&Shape::Scalar(Format::Name))),
];

const EVENT_TABLE: &[Field] =
    &[field("logLevel", Shape::Scalar(Format::OneOf(&["INFO", "ERROR", "NONE"])))];

const METRICS: &[Field] = &[field("groups", TEXTS)];

const CONTAINER: &[Field] = &[
    required("name", Shape::Scalar(Format::Name)),
    required("image", TEXT),
    field("command", TEXTS),
    field("args", TEXTS),
    field("env", Shape::FreeMap),
    field("readinessProbe", Shape::Map(PROBE)),
    field("livenessProbe", Shape::Map(PROBE)),
    field("volumeMounts", Shape::List(&Shape::Map(MOUNT))),
    field("resources", Shape::Map(RESOURCES)),
    field("mountSessionToken", Shape::Bool),
    field("sessionTokenConfig", Shape::Map(SESSION_TOKEN)),
    field("secrets", Shape::List(&Shape::Map(SECRET))),
];

const PROBE: &[Field] = &[
    required("port", Shape::Scalar(Format::Port)),
    required("path", Shape::Scalar(Format::Path)),
    field("periodSeconds", COUNT),
    field("failureThreshold", COUNT),
];

const MOUNT: &[Field] = &[
    required("name", Shape::Scalar(Format::Name)),
    required("mountPath", Shape::Scalar(Format::Path)),
];

const RESOURCES: &[Field] =
    &[field("requests", Shape::Map(AMOUNTS)), field("limits", Shape::Map(AMOUNTS))];

const AMOUNTS: &[Field] = &[
    field("memory", Shape::Scalar(Format::Memory)),
    field("cpu", Shape::Scalar(Format::Cpu)),
    field("nvidia.com/gpu", COUNT),
];

const SESSION_TOKEN: &[Field] = &[
    field("path", Shape::Scalar(Format::NormalPath)),
    field("permission", Shape::Scalar(Format::Permission)),
    field("mountConnectionConfig", Shape::Bool),
];

const SECRET: &[Field] = &[
    required(
        "snowflakeSecret",
        Shape::MapOr(&[field("objectName", TEXT), field("objectReference", TEXT)], Format::Text),
    ),
    field("directoryPath", Shape::Scalar(Format::Path)),
    field("envVarName", TEXT),
    field("secretKeyRef", Shape::Scalar(Format::OneOf(&["username", "password", "secret_string"]))),
];

const ENDPOINT: &[Field] = &[
    required("name", Shape::Scalar(Format::Name)),
    field("port", Shape::Scalar(Format::Port)),
    field("portRange", Shape::Scalar(Format::PortRange)),
    field("public", Shape::Bool),
    field("protocol", Shape::Scalar(Format::OneOf(&["HTTP", "TCP"]))),
    field("corsSettings", Shape::Map(CORS)),
];

const CORS: &[Field] = &[
    required("Access-Control-Allow-Origin", Shape::List(&Shape::Scalar(Format::Origin))),
    field("Access-Control-Allow-Methods", TEXTS),
    field("Access-Control-Allow-Headers", TEXTS),
    field("Access-Control-Expose-Headers", TEXTS),
];

const VOLUME: &[Field] = &[
    required("name", Shape::Scalar(Format::Name)),
    required("source", Shape::Scalar(Format::VolumeSource)),
    field("size", Shape::Scalar(Format::VolumeSize)),
    field("uid", Shape::Scalar(Format::Integer(0..=u32::MAX as u64))),
    field("gid", Shape::Scalar(Format::Integer(0..=u32::MAX as u64))),
    field("blockConfig", Shape::Map(BLOCK)),
    field("stageConfig", Shape::Map(STAGE)),
];

/// The limits are those of AWS and Azure together: a specification does not name its cloud.
const BLOCK: &[Field] = &[
    field("initialContents", Shape::Map(&[required("fromSnapshot", TEXT)])),
    field("iops", Shape::Scalar(Format::Integer(3000..=80_000))),
    field("throughput", Shape::Scalar(Format::Integer(125..=2000))),
    field("encryption", Shape::Scalar(Format::OneOf(&["SNOWFLAKE_SSE", "SNOWFLAKE_FULL"]))),
    field("snapshotOnDelete", Shape::Bool),
    field("snapshotDeleteAfter", Shape::Scalar(Format::Retention)),
];

const STAGE: &[Field] = &[
    required("name", Shape::Scalar(Format::Stage)),
    field("metadataCache", Shape::Scalar(Format::Period)),
    field("resources", Shape::Map(RESOURCES)),
];

const SCALING_POLICIES: &[Field] = &[
    field("scaleUp", Shape::Map(&[required("anyConditions", CONDITIONS)])),
    field("scaleDown", Shape::Map(&[required("allConditions", CONDITIONS)])),
    field("suspend", Shape::Map(&[required("allConditions", CONDITIONS)])),
];

const CONDITIONS: Shape =
    Shape::List(&Shape::Map(&[required("metricCondition", Shape::Map(CONDITION))]));

const CONDITION: &[Field] = &[
    required("metricName", TEXT),
    field("labels", Shape::FreeMap),
    required("aggregationType", Shape::Scalar(Format::OneOf(&["min", "max", "avg"]))),
    required("stabilizationPeriodSecs", Shape::Scalar(Format::Integer(0..=u32::MAX as u64))),
    field("targetScaling", Shape::Map(&[required("targetValue", Shape::Scalar(Format::Number))])),
    field("stepScaling", Shape::Map(STEP_SCALING)),
];

const STEP_SCALING: &[Field] = &[
    required(
        "adjustmentType",
        Shape::Scalar(Format::OneOf(&[
            "changeInstanceCount",
            "exactInstanceCount",
            "percentChangeInstanceCount",
        ])),
    ),
    required("scalingSteps", Shape::List(&Shape::Map(STEP))),
];

const STEP: &[Field] = &[
    field("lowerBound", Shape::Scalar(Format::Number)),
    field("upperBound", Shape::Scalar(Format::Number)),
    required("targetAdjustment", TEXT),
];
