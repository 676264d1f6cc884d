BEGIN TRANSACTION;
CREATE TABLE `Artifact` (    `id` INTEGER PRIMARY KEY AUTOINCREMENT,    `type_id` INT NOT NULL,    `uri` TEXT,    `state` INT,    `name` VARCHAR(255),    `external_id` VARCHAR(255) UNIQUE,    `create_time_since_epoch` INT NOT NULL DEFAULT 0,    `last_update_time_since_epoch` INT NOT NULL DEFAULT 0,    UNIQUE(`type_id`, `name`)  );
INSERT INTO "Artifact" VALUES(1,15,'/home/ada/penguin/pipelines/penguin_local_keras/CsvExampleGen/examples/1',2,NULL,NULL,1796071585203,1796071585203);
INSERT INTO "Artifact" VALUES(2,18,'/home/ada/penguin/pipelines/penguin_local_keras/StatisticsGen/statistics/4',2,NULL,NULL,1796071590166,1796071590166);
INSERT INTO "Artifact" VALUES(3,20,'/home/ada/penguin/pipelines/penguin_local_keras/SchemaGen/schema/5',2,NULL,NULL,1796071590199,1796071590199);
INSERT INTO "Artifact" VALUES(4,15,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/transformed_examples/6',2,NULL,NULL,1796071607420,1796071607420);
INSERT INTO "Artifact" VALUES(5,20,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/pre_transform_schema/6',2,NULL,NULL,1796071607420,1796071607420);
INSERT INTO "Artifact" VALUES(6,22,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/transform_graph/6',2,NULL,NULL,1796071607420,1796071607420);
INSERT INTO "Artifact" VALUES(7,18,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/pre_transform_stats/6',2,NULL,NULL,1796071607420,1796071607420);
INSERT INTO "Artifact" VALUES(8,20,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/post_transform_schema/6',2,NULL,NULL,1796071607421,1796071607421);
INSERT INTO "Artifact" VALUES(9,23,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/post_transform_anomalies/6',2,NULL,NULL,1796071607421,1796071607421);
INSERT INTO "Artifact" VALUES(10,24,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/updated_analyzer_cache/6',2,NULL,NULL,1796071607421,1796071607421);
INSERT INTO "Artifact" VALUES(11,18,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/post_transform_stats/6',2,NULL,NULL,1796071607421,1796071607421);
INSERT INTO "Artifact" VALUES(12,26,'/home/ada/penguin/pipelines/penguin_local_keras/Trainer/model_run/7',2,NULL,NULL,1796071649322,1796071649322);
INSERT INTO "Artifact" VALUES(13,27,'/home/ada/penguin/pipelines/penguin_local_keras/Trainer/model/7',2,NULL,NULL,1796071649322,1796071649322);
INSERT INTO "Artifact" VALUES(14,29,'/home/ada/penguin/pipelines/penguin_local_keras/Evaluator/blessing/8',2,NULL,NULL,1796071670482,1796071670482);
INSERT INTO "Artifact" VALUES(15,30,'/home/ada/penguin/pipelines/penguin_local_keras/Evaluator/evaluation/8',2,NULL,NULL,1796071670482,1796071670482);
INSERT INTO "Artifact" VALUES(16,32,'/home/ada/penguin/pipelines/penguin_local_keras/Pusher/pushed_model/9',2,NULL,NULL,1796071670753,1796071670753);
INSERT INTO "Artifact" VALUES(17,18,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/post_transform_stats/15',2,NULL,NULL,1796071829489,1796071829489);
INSERT INTO "Artifact" VALUES(18,18,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/pre_transform_stats/15',2,NULL,NULL,1796071829490,1796071829490);
INSERT INTO "Artifact" VALUES(19,22,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/transform_graph/15',2,NULL,NULL,1796071829490,1796071829490);
INSERT INTO "Artifact" VALUES(20,20,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/post_transform_schema/15',2,NULL,NULL,1796071829490,1796071829490);
INSERT INTO "Artifact" VALUES(21,20,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/pre_transform_schema/15',2,NULL,NULL,1796071829490,1796071829490);
INSERT INTO "Artifact" VALUES(22,15,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/transformed_examples/15',2,NULL,NULL,1796071829490,1796071829490);
INSERT INTO "Artifact" VALUES(23,24,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/updated_analyzer_cache/15',2,NULL,NULL,1796071829490,1796071829490);
INSERT INTO "Artifact" VALUES(24,23,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/post_transform_anomalies/15',2,NULL,NULL,1796071829490,1796071829490);
INSERT INTO "Artifact" VALUES(25,26,'/home/ada/penguin/pipelines/penguin_local_keras/Trainer/model_run/16',2,NULL,NULL,1796071932811,1796071932811);
INSERT INTO "Artifact" VALUES(26,27,'/home/ada/penguin/pipelines/penguin_local_keras/Trainer/model/16',2,NULL,NULL,1796071932811,1796071932811);
INSERT INTO "Artifact" VALUES(27,30,'/home/ada/penguin/pipelines/penguin_local_keras/Evaluator/evaluation/17',2,NULL,NULL,1796071968257,1796071968257);
INSERT INTO "Artifact" VALUES(28,29,'/home/ada/penguin/pipelines/penguin_local_keras/Evaluator/blessing/17',2,NULL,NULL,1796071968269,1796071968269);
INSERT INTO "Artifact" VALUES(29,32,'/home/ada/penguin/pipelines/penguin_local_keras/Pusher/pushed_model/18',2,NULL,NULL,1796071968456,1796071968456);
INSERT INTO "Artifact" VALUES(30,20,'/home/ada/penguin/pipelines/penguin_local_keras/ImportSchemaGen/schema/19',2,NULL,NULL,1796072026268,1796072026268);
INSERT INTO "Artifact" VALUES(31,35,'/home/ada/penguin/pipelines/penguin_local_keras/RangeConfigGenerator/range_config/20/value',2,NULL,NULL,1796072026374,1796072026374);
INSERT INTO "Artifact" VALUES(32,15,'/home/ada/penguin/pipelines/penguin_local_keras/CsvExampleGen/examples/23',2,NULL,NULL,1796072040042,1796072040042);
INSERT INTO "Artifact" VALUES(33,18,'/home/ada/penguin/pipelines/penguin_local_keras/StatisticsGen/statistics/24',2,NULL,NULL,1796072060442,1796072060442);
INSERT INTO "Artifact" VALUES(34,23,'/home/ada/penguin/pipelines/penguin_local_keras/ExampleValidator/anomalies/26',2,NULL,NULL,1796072060856,1796072060856);
INSERT INTO "Artifact" VALUES(35,18,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/post_transform_stats/27',2,NULL,NULL,1796072148196,1796072148196);
INSERT INTO "Artifact" VALUES(36,22,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/transform_graph/27',2,NULL,NULL,1796072148196,1796072148196);
INSERT INTO "Artifact" VALUES(37,18,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/pre_transform_stats/27',2,NULL,NULL,1796072148196,1796072148196);
INSERT INTO "Artifact" VALUES(38,20,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/post_transform_schema/27',2,NULL,NULL,1796072148196,1796072148196);
INSERT INTO "Artifact" VALUES(39,20,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/pre_transform_schema/27',2,NULL,NULL,1796072148196,1796072148196);
INSERT INTO "Artifact" VALUES(40,24,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/updated_analyzer_cache/27',2,NULL,NULL,1796072148197,1796072148197);
INSERT INTO "Artifact" VALUES(41,23,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/post_transform_anomalies/27',2,NULL,NULL,1796072148197,1796072148197);
INSERT INTO "Artifact" VALUES(42,15,'/home/ada/penguin/pipelines/penguin_local_keras/Transform/transformed_examples/27',2,NULL,NULL,1796072148197,1796072148197);
INSERT INTO "Artifact" VALUES(43,27,'/home/ada/penguin/pipelines/penguin_local_keras/Trainer/model/28',2,NULL,NULL,1796072249721,1796072249721);
INSERT INTO "Artifact" VALUES(44,26,'/home/ada/penguin/pipelines/penguin_local_keras/Trainer/model_run/28',2,NULL,NULL,1796072249722,1796072249722);
INSERT INTO "Artifact" VALUES(45,30,'/home/ada/penguin/pipelines/penguin_local_keras/Evaluator/evaluation/29',2,NULL,NULL,1796072271796,1796072271796);
INSERT INTO "Artifact" VALUES(46,29,'/home/ada/penguin/pipelines/penguin_local_keras/Evaluator/blessing/29',2,NULL,NULL,1796072271797,1796072271797);
INSERT INTO "Artifact" VALUES(47,15,'/home/ada/penguin/pipelines/penguin_stopped/CsvExampleGen/examples/36',2,NULL,NULL,1796072354960,1796072354960);
INSERT INTO "Artifact" VALUES(48,18,'/home/ada/penguin/pipelines/penguin_stopped/StatisticsGen/statistics/38',2,NULL,NULL,1796072383231,1796072383231);
INSERT INTO "Artifact" VALUES(49,20,'/home/ada/penguin/pipelines/penguin_stopped/SchemaGen/schema/39',2,NULL,NULL,1796072383487,1796072383487);
CREATE TABLE `ArtifactProperty` (    `artifact_id` INT NOT NULL,    `name` VARCHAR(255) NOT NULL,    `is_custom_property` TINYINT(1) NOT NULL,    `int_value` INT,    `double_value` DOUBLE,    `string_value` TEXT,    `byte_value` BLOB,    `proto_value` BLOB,    `bool_value` BOOLEAN,  PRIMARY KEY (`artifact_id`, `name`, `is_custom_property`));
INSERT INTO "ArtifactProperty" VALUES(1,'split_names',0,NULL,NULL,'["train", "eval"]',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(1,'payload_format',1,NULL,NULL,'FORMAT_TF_EXAMPLE',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(1,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(1,'file_format',1,NULL,NULL,'tfrecords_gzip',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(1,'span',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(1,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(1,'input_fingerprint',1,NULL,NULL,'split:single_split,num_files:1,total_bytes:4571,xor_checksum:1796071567,sum_checksum:1796071567',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(2,'split_names',0,NULL,NULL,'["train", "eval"]',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(2,'span',0,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(2,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(2,'sample_rate_by_split',1,NULL,NULL,'mlmd-struct::CioKCV9fdmFsdWVfXxIdGht7ImV2YWwiOiAxLjAsICJ0cmFpbiI6IDEuMH0=',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(2,'stats_dashboard_link',1,NULL,NULL,'',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(2,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(3,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(3,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(4,'split_names',0,NULL,NULL,'["train", "eval"]',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(4,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(4,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(5,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(5,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(6,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(6,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(7,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(7,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(8,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(8,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(9,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(9,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(10,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(10,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(11,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(11,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(12,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(12,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(13,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(13,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(14,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(14,'current_model',1,NULL,NULL,'/home/ada/penguin/pipelines/penguin_local_keras/Trainer/model/7',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(14,'blessed',1,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(14,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(14,'current_model_id',1,13,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(15,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(15,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(16,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(16,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(16,'pushed_destination',1,NULL,NULL,'/home/ada/penguin/serving_model/1796071670',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(16,'pushed_version',1,NULL,NULL,'1796071670',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(16,'pushed',1,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(17,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(17,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(18,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(18,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(19,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(19,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(20,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(20,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(21,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(21,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(22,'split_names',0,NULL,NULL,'["train", "eval"]',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(22,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(22,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(23,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(23,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(24,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(24,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(25,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(25,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(26,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(26,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(27,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(27,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(28,'blessed',1,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(28,'baseline_model',1,NULL,NULL,'/home/ada/penguin/pipelines/penguin_local_keras/Trainer/model/7',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(28,'baseline_model_id',1,13,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(28,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(28,'current_model',1,NULL,NULL,'/home/ada/penguin/pipelines/penguin_local_keras/Trainer/model/16',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(28,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(28,'current_model_id',1,26,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(29,'pushed_destination',1,NULL,NULL,'/home/ada/penguin/serving_model/1796071968',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(29,'pushed_version',1,NULL,NULL,'1796071968',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(29,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(29,'pushed',1,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(29,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(30,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(30,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(31,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(31,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(31,'__is_null__',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(32,'split_names',0,NULL,NULL,'["train", "eval"]',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(32,'payload_format',1,NULL,NULL,'FORMAT_TF_EXAMPLE',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(32,'span',1,2,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(32,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(32,'input_fingerprint',1,NULL,NULL,'split:input,num_files:1,total_bytes:4571,xor_checksum:1796071567,sum_checksum:1796071567',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(32,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(32,'file_format',1,NULL,NULL,'tfrecords_gzip',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(33,'split_names',0,NULL,NULL,'["train", "eval"]',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(33,'span',0,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(33,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(33,'sample_rate_by_split',1,NULL,NULL,'mlmd-struct::CioKCV9fdmFsdWVfXxIdGht7ImV2YWwiOiAxLjAsICJ0cmFpbiI6IDEuMH0=',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(33,'stats_dashboard_link',1,NULL,NULL,'',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(33,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(34,'split_names',0,NULL,NULL,'["train", "eval"]',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(34,'span',0,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(34,'blessed',1,NULL,NULL,'mlmd-struct::ChEKBGV2YWwSCREAAAAAAADwPwoSCgV0cmFpbhIJEQAAAAAAAPA/',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(34,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(34,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(35,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(35,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(36,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(36,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(37,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(37,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(38,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(38,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(39,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(39,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(40,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(40,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(41,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(41,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(42,'split_names',0,NULL,NULL,'["train", "eval"]',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(42,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(42,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(43,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(43,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(44,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(44,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(45,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(45,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(46,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(46,'current_model_id',1,43,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(46,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(46,'current_model',1,NULL,NULL,'/home/ada/penguin/pipelines/penguin_local_keras/Trainer/model/28',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(46,'baseline_model_id',1,26,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(46,'baseline_model',1,NULL,NULL,'/home/ada/penguin/pipelines/penguin_local_keras/Trainer/model/16',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(46,'blessed',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(47,'split_names',0,NULL,NULL,'["train", "eval"]',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(47,'input_fingerprint',1,NULL,NULL,'split:single_split,num_files:1,total_bytes:4571,xor_checksum:1796071567,sum_checksum:1796071567',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(47,'payload_format',1,NULL,NULL,'FORMAT_TF_EXAMPLE',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(47,'file_format',1,NULL,NULL,'tfrecords_gzip',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(47,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(47,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(47,'span',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(48,'span',0,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(48,'split_names',0,NULL,NULL,'["train", "eval"]',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(48,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(48,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(48,'sample_rate_by_split',1,NULL,NULL,'mlmd-struct::CioKCV9fdmFsdWVfXxIdGht7ImV2YWwiOiAxLjAsICJ0cmFpbiI6IDEuMH0=',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(48,'stats_dashboard_link',1,NULL,NULL,'',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(49,'tfx_version',1,NULL,NULL,'1.16.0',NULL,NULL,NULL);
INSERT INTO "ArtifactProperty" VALUES(49,'is_external',1,0,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE `Association` (    `id` INTEGER PRIMARY KEY AUTOINCREMENT,    `context_id` INT NOT NULL,    `execution_id` INT NOT NULL,    UNIQUE(`context_id`, `execution_id`)  );
INSERT INTO "Association" VALUES(1,1,1);
INSERT INTO "Association" VALUES(2,2,1);
INSERT INTO "Association" VALUES(3,3,1);
INSERT INTO "Association" VALUES(4,4,1);
INSERT INTO "Association" VALUES(5,1,2);
INSERT INTO "Association" VALUES(6,2,2);
INSERT INTO "Association" VALUES(7,5,2);
INSERT INTO "Association" VALUES(8,1,3);
INSERT INTO "Association" VALUES(9,2,3);
INSERT INTO "Association" VALUES(10,6,3);
INSERT INTO "Association" VALUES(11,1,4);
INSERT INTO "Association" VALUES(12,2,4);
INSERT INTO "Association" VALUES(13,7,4);
INSERT INTO "Association" VALUES(14,8,4);
INSERT INTO "Association" VALUES(15,1,5);
INSERT INTO "Association" VALUES(16,2,5);
INSERT INTO "Association" VALUES(17,9,5);
INSERT INTO "Association" VALUES(18,10,5);
INSERT INTO "Association" VALUES(19,1,6);
INSERT INTO "Association" VALUES(20,2,6);
INSERT INTO "Association" VALUES(21,11,6);
INSERT INTO "Association" VALUES(22,12,6);
INSERT INTO "Association" VALUES(23,1,7);
INSERT INTO "Association" VALUES(24,2,7);
INSERT INTO "Association" VALUES(25,13,7);
INSERT INTO "Association" VALUES(26,14,7);
INSERT INTO "Association" VALUES(27,1,8);
INSERT INTO "Association" VALUES(28,2,8);
INSERT INTO "Association" VALUES(29,15,8);
INSERT INTO "Association" VALUES(30,16,8);
INSERT INTO "Association" VALUES(31,1,9);
INSERT INTO "Association" VALUES(32,2,9);
INSERT INTO "Association" VALUES(33,17,9);
INSERT INTO "Association" VALUES(34,18,9);
INSERT INTO "Association" VALUES(35,1,10);
INSERT INTO "Association" VALUES(36,19,10);
INSERT INTO "Association" VALUES(37,3,10);
INSERT INTO "Association" VALUES(38,4,10);
INSERT INTO "Association" VALUES(39,1,11);
INSERT INTO "Association" VALUES(40,19,11);
INSERT INTO "Association" VALUES(41,5,11);
INSERT INTO "Association" VALUES(42,1,12);
INSERT INTO "Association" VALUES(43,19,12);
INSERT INTO "Association" VALUES(44,6,12);
INSERT INTO "Association" VALUES(45,1,13);
INSERT INTO "Association" VALUES(46,19,13);
INSERT INTO "Association" VALUES(47,7,13);
INSERT INTO "Association" VALUES(48,8,13);
INSERT INTO "Association" VALUES(49,1,14);
INSERT INTO "Association" VALUES(50,19,14);
INSERT INTO "Association" VALUES(51,9,14);
INSERT INTO "Association" VALUES(52,10,14);
INSERT INTO "Association" VALUES(53,1,15);
INSERT INTO "Association" VALUES(54,19,15);
INSERT INTO "Association" VALUES(55,11,15);
INSERT INTO "Association" VALUES(56,20,15);
INSERT INTO "Association" VALUES(57,1,16);
INSERT INTO "Association" VALUES(58,19,16);
INSERT INTO "Association" VALUES(59,13,16);
INSERT INTO "Association" VALUES(60,21,16);
INSERT INTO "Association" VALUES(61,1,17);
INSERT INTO "Association" VALUES(62,19,17);
INSERT INTO "Association" VALUES(63,15,17);
INSERT INTO "Association" VALUES(64,22,17);
INSERT INTO "Association" VALUES(65,1,18);
INSERT INTO "Association" VALUES(66,19,18);
INSERT INTO "Association" VALUES(67,17,18);
INSERT INTO "Association" VALUES(68,23,18);
INSERT INTO "Association" VALUES(69,1,19);
INSERT INTO "Association" VALUES(70,24,19);
INSERT INTO "Association" VALUES(71,25,19);
INSERT INTO "Association" VALUES(72,26,19);
INSERT INTO "Association" VALUES(73,1,20);
INSERT INTO "Association" VALUES(74,24,20);
INSERT INTO "Association" VALUES(75,27,20);
INSERT INTO "Association" VALUES(76,28,20);
INSERT INTO "Association" VALUES(77,1,21);
INSERT INTO "Association" VALUES(78,24,21);
INSERT INTO "Association" VALUES(79,5,21);
INSERT INTO "Association" VALUES(80,1,22);
INSERT INTO "Association" VALUES(81,24,22);
INSERT INTO "Association" VALUES(82,6,22);
INSERT INTO "Association" VALUES(83,1,23);
INSERT INTO "Association" VALUES(84,24,23);
INSERT INTO "Association" VALUES(85,3,23);
INSERT INTO "Association" VALUES(86,29,23);
INSERT INTO "Association" VALUES(87,1,24);
INSERT INTO "Association" VALUES(88,24,24);
INSERT INTO "Association" VALUES(89,7,24);
INSERT INTO "Association" VALUES(90,30,24);
INSERT INTO "Association" VALUES(91,1,25);
INSERT INTO "Association" VALUES(92,24,25);
INSERT INTO "Association" VALUES(93,31,25);
INSERT INTO "Association" VALUES(94,1,26);
INSERT INTO "Association" VALUES(95,24,26);
INSERT INTO "Association" VALUES(96,32,26);
INSERT INTO "Association" VALUES(97,33,26);
INSERT INTO "Association" VALUES(98,1,27);
INSERT INTO "Association" VALUES(99,24,27);
INSERT INTO "Association" VALUES(100,11,27);
INSERT INTO "Association" VALUES(101,34,27);
INSERT INTO "Association" VALUES(102,1,28);
INSERT INTO "Association" VALUES(103,24,28);
INSERT INTO "Association" VALUES(104,13,28);
INSERT INTO "Association" VALUES(105,35,28);
INSERT INTO "Association" VALUES(106,1,29);
INSERT INTO "Association" VALUES(107,24,29);
INSERT INTO "Association" VALUES(108,15,29);
INSERT INTO "Association" VALUES(109,36,29);
INSERT INTO "Association" VALUES(110,1,30);
INSERT INTO "Association" VALUES(111,37,30);
INSERT INTO "Association" VALUES(112,3,30);
INSERT INTO "Association" VALUES(113,4,30);
INSERT INTO "Association" VALUES(114,1,31);
INSERT INTO "Association" VALUES(115,37,31);
INSERT INTO "Association" VALUES(116,5,31);
INSERT INTO "Association" VALUES(117,1,32);
INSERT INTO "Association" VALUES(118,37,32);
INSERT INTO "Association" VALUES(119,6,32);
INSERT INTO "Association" VALUES(120,1,33);
INSERT INTO "Association" VALUES(121,37,33);
INSERT INTO "Association" VALUES(122,7,33);
INSERT INTO "Association" VALUES(123,8,33);
INSERT INTO "Association" VALUES(124,1,34);
INSERT INTO "Association" VALUES(125,37,34);
INSERT INTO "Association" VALUES(126,9,34);
INSERT INTO "Association" VALUES(127,10,34);
INSERT INTO "Association" VALUES(128,1,35);
INSERT INTO "Association" VALUES(129,37,35);
INSERT INTO "Association" VALUES(130,11,35);
INSERT INTO "Association" VALUES(131,38,35);
INSERT INTO "Association" VALUES(132,39,36);
INSERT INTO "Association" VALUES(133,40,36);
INSERT INTO "Association" VALUES(134,41,36);
INSERT INTO "Association" VALUES(135,42,36);
INSERT INTO "Association" VALUES(136,39,37);
INSERT INTO "Association" VALUES(137,40,37);
INSERT INTO "Association" VALUES(138,43,37);
INSERT INTO "Association" VALUES(139,39,38);
INSERT INTO "Association" VALUES(140,40,38);
INSERT INTO "Association" VALUES(141,44,38);
INSERT INTO "Association" VALUES(142,45,38);
INSERT INTO "Association" VALUES(143,39,39);
INSERT INTO "Association" VALUES(144,40,39);
INSERT INTO "Association" VALUES(145,46,39);
INSERT INTO "Association" VALUES(146,47,39);
INSERT INTO "Association" VALUES(147,39,40);
INSERT INTO "Association" VALUES(148,40,40);
INSERT INTO "Association" VALUES(149,48,40);
CREATE TABLE `Attribution` (    `id` INTEGER PRIMARY KEY AUTOINCREMENT,    `context_id` INT NOT NULL,    `artifact_id` INT NOT NULL,    UNIQUE(`context_id`, `artifact_id`)  );
INSERT INTO "Attribution" VALUES(1,1,1);
INSERT INTO "Attribution" VALUES(2,2,1);
INSERT INTO "Attribution" VALUES(3,3,1);
INSERT INTO "Attribution" VALUES(4,4,1);
INSERT INTO "Attribution" VALUES(5,7,1);
INSERT INTO "Attribution" VALUES(6,1,2);
INSERT INTO "Attribution" VALUES(7,2,2);
INSERT INTO "Attribution" VALUES(8,7,2);
INSERT INTO "Attribution" VALUES(9,8,2);
INSERT INTO "Attribution" VALUES(10,9,2);
INSERT INTO "Attribution" VALUES(11,1,3);
INSERT INTO "Attribution" VALUES(12,2,3);
INSERT INTO "Attribution" VALUES(13,9,3);
INSERT INTO "Attribution" VALUES(14,10,3);
INSERT INTO "Attribution" VALUES(15,11,1);
INSERT INTO "Attribution" VALUES(16,11,3);
INSERT INTO "Attribution" VALUES(17,1,7);
INSERT INTO "Attribution" VALUES(18,1,10);
INSERT INTO "Attribution" VALUES(19,1,6);
INSERT INTO "Attribution" VALUES(20,1,9);
INSERT INTO "Attribution" VALUES(21,1,11);
INSERT INTO "Attribution" VALUES(22,1,5);
INSERT INTO "Attribution" VALUES(23,1,8);
INSERT INTO "Attribution" VALUES(24,1,4);
INSERT INTO "Attribution" VALUES(25,2,7);
INSERT INTO "Attribution" VALUES(26,2,10);
INSERT INTO "Attribution" VALUES(27,2,6);
INSERT INTO "Attribution" VALUES(28,2,9);
INSERT INTO "Attribution" VALUES(29,2,11);
INSERT INTO "Attribution" VALUES(30,2,5);
INSERT INTO "Attribution" VALUES(31,2,8);
INSERT INTO "Attribution" VALUES(32,2,4);
INSERT INTO "Attribution" VALUES(33,11,7);
INSERT INTO "Attribution" VALUES(34,11,10);
INSERT INTO "Attribution" VALUES(35,11,6);
INSERT INTO "Attribution" VALUES(36,11,9);
INSERT INTO "Attribution" VALUES(37,11,11);
INSERT INTO "Attribution" VALUES(38,11,5);
INSERT INTO "Attribution" VALUES(39,11,8);
INSERT INTO "Attribution" VALUES(40,11,4);
INSERT INTO "Attribution" VALUES(41,12,7);
INSERT INTO "Attribution" VALUES(42,12,10);
INSERT INTO "Attribution" VALUES(43,12,6);
INSERT INTO "Attribution" VALUES(44,12,9);
INSERT INTO "Attribution" VALUES(45,12,11);
INSERT INTO "Attribution" VALUES(46,12,5);
INSERT INTO "Attribution" VALUES(47,12,8);
INSERT INTO "Attribution" VALUES(48,12,4);
INSERT INTO "Attribution" VALUES(49,13,6);
INSERT INTO "Attribution" VALUES(50,13,3);
INSERT INTO "Attribution" VALUES(51,13,4);
INSERT INTO "Attribution" VALUES(52,1,13);
INSERT INTO "Attribution" VALUES(53,1,12);
INSERT INTO "Attribution" VALUES(54,2,13);
INSERT INTO "Attribution" VALUES(55,2,12);
INSERT INTO "Attribution" VALUES(56,13,13);
INSERT INTO "Attribution" VALUES(57,13,12);
INSERT INTO "Attribution" VALUES(58,14,13);
INSERT INTO "Attribution" VALUES(59,14,12);
INSERT INTO "Attribution" VALUES(60,15,1);
INSERT INTO "Attribution" VALUES(61,15,13);
INSERT INTO "Attribution" VALUES(62,1,15);
INSERT INTO "Attribution" VALUES(63,1,14);
INSERT INTO "Attribution" VALUES(64,2,15);
INSERT INTO "Attribution" VALUES(65,2,14);
INSERT INTO "Attribution" VALUES(66,15,15);
INSERT INTO "Attribution" VALUES(67,15,14);
INSERT INTO "Attribution" VALUES(68,16,15);
INSERT INTO "Attribution" VALUES(69,16,14);
INSERT INTO "Attribution" VALUES(70,17,14);
INSERT INTO "Attribution" VALUES(71,17,13);
INSERT INTO "Attribution" VALUES(72,1,16);
INSERT INTO "Attribution" VALUES(73,2,16);
INSERT INTO "Attribution" VALUES(74,17,16);
INSERT INTO "Attribution" VALUES(75,18,16);
INSERT INTO "Attribution" VALUES(76,19,1);
INSERT INTO "Attribution" VALUES(77,19,14);
INSERT INTO "Attribution" VALUES(78,19,13);
INSERT INTO "Attribution" VALUES(79,5,14);
INSERT INTO "Attribution" VALUES(80,5,13);
INSERT INTO "Attribution" VALUES(81,19,10);
INSERT INTO "Attribution" VALUES(82,6,10);
INSERT INTO "Attribution" VALUES(83,19,2);
INSERT INTO "Attribution" VALUES(84,19,3);
INSERT INTO "Attribution" VALUES(85,1,19);
INSERT INTO "Attribution" VALUES(86,1,22);
INSERT INTO "Attribution" VALUES(87,1,18);
INSERT INTO "Attribution" VALUES(88,1,21);
INSERT INTO "Attribution" VALUES(89,1,24);
INSERT INTO "Attribution" VALUES(90,1,17);
INSERT INTO "Attribution" VALUES(91,1,20);
INSERT INTO "Attribution" VALUES(92,1,23);
INSERT INTO "Attribution" VALUES(93,19,19);
INSERT INTO "Attribution" VALUES(94,19,22);
INSERT INTO "Attribution" VALUES(95,19,18);
INSERT INTO "Attribution" VALUES(96,19,21);
INSERT INTO "Attribution" VALUES(97,19,24);
INSERT INTO "Attribution" VALUES(98,19,17);
INSERT INTO "Attribution" VALUES(99,19,20);
INSERT INTO "Attribution" VALUES(100,19,23);
INSERT INTO "Attribution" VALUES(101,11,19);
INSERT INTO "Attribution" VALUES(102,11,22);
INSERT INTO "Attribution" VALUES(103,11,18);
INSERT INTO "Attribution" VALUES(104,11,21);
INSERT INTO "Attribution" VALUES(105,11,24);
INSERT INTO "Attribution" VALUES(106,11,17);
INSERT INTO "Attribution" VALUES(107,11,20);
INSERT INTO "Attribution" VALUES(108,11,23);
INSERT INTO "Attribution" VALUES(109,20,19);
INSERT INTO "Attribution" VALUES(110,20,22);
INSERT INTO "Attribution" VALUES(111,20,18);
INSERT INTO "Attribution" VALUES(112,20,21);
INSERT INTO "Attribution" VALUES(113,20,24);
INSERT INTO "Attribution" VALUES(114,20,17);
INSERT INTO "Attribution" VALUES(115,20,20);
INSERT INTO "Attribution" VALUES(116,20,23);
INSERT INTO "Attribution" VALUES(117,13,22);
INSERT INTO "Attribution" VALUES(118,13,19);
INSERT INTO "Attribution" VALUES(119,1,26);
INSERT INTO "Attribution" VALUES(120,1,25);
INSERT INTO "Attribution" VALUES(121,19,26);
INSERT INTO "Attribution" VALUES(122,19,25);
INSERT INTO "Attribution" VALUES(123,13,26);
INSERT INTO "Attribution" VALUES(124,13,25);
INSERT INTO "Attribution" VALUES(125,21,26);
INSERT INTO "Attribution" VALUES(126,21,25);
INSERT INTO "Attribution" VALUES(127,15,26);
INSERT INTO "Attribution" VALUES(128,1,27);
INSERT INTO "Attribution" VALUES(129,1,28);
INSERT INTO "Attribution" VALUES(130,19,27);
INSERT INTO "Attribution" VALUES(131,19,28);
INSERT INTO "Attribution" VALUES(132,15,27);
INSERT INTO "Attribution" VALUES(133,15,28);
INSERT INTO "Attribution" VALUES(134,22,27);
INSERT INTO "Attribution" VALUES(135,22,28);
INSERT INTO "Attribution" VALUES(136,17,28);
INSERT INTO "Attribution" VALUES(137,17,26);
INSERT INTO "Attribution" VALUES(138,1,29);
INSERT INTO "Attribution" VALUES(139,19,29);
INSERT INTO "Attribution" VALUES(140,17,29);
INSERT INTO "Attribution" VALUES(141,23,29);
INSERT INTO "Attribution" VALUES(142,1,30);
INSERT INTO "Attribution" VALUES(143,24,30);
INSERT INTO "Attribution" VALUES(144,25,30);
INSERT INTO "Attribution" VALUES(145,26,30);
INSERT INTO "Attribution" VALUES(146,1,31);
INSERT INTO "Attribution" VALUES(147,24,31);
INSERT INTO "Attribution" VALUES(148,27,31);
INSERT INTO "Attribution" VALUES(149,28,31);
INSERT INTO "Attribution" VALUES(150,24,26);
INSERT INTO "Attribution" VALUES(151,24,28);
INSERT INTO "Attribution" VALUES(152,5,26);
INSERT INTO "Attribution" VALUES(153,5,28);
INSERT INTO "Attribution" VALUES(154,24,23);
INSERT INTO "Attribution" VALUES(155,6,23);
INSERT INTO "Attribution" VALUES(156,3,31);
INSERT INTO "Attribution" VALUES(157,1,32);
INSERT INTO "Attribution" VALUES(158,24,32);
INSERT INTO "Attribution" VALUES(159,3,32);
INSERT INTO "Attribution" VALUES(160,29,32);
INSERT INTO "Attribution" VALUES(161,7,32);
INSERT INTO "Attribution" VALUES(162,1,33);
INSERT INTO "Attribution" VALUES(163,24,33);
INSERT INTO "Attribution" VALUES(164,7,33);
INSERT INTO "Attribution" VALUES(165,30,33);
INSERT INTO "Attribution" VALUES(166,31,32);
INSERT INTO "Attribution" VALUES(167,32,30);
INSERT INTO "Attribution" VALUES(168,32,33);
INSERT INTO "Attribution" VALUES(169,1,34);
INSERT INTO "Attribution" VALUES(170,24,34);
INSERT INTO "Attribution" VALUES(171,32,34);
INSERT INTO "Attribution" VALUES(172,33,34);
INSERT INTO "Attribution" VALUES(173,11,32);
INSERT INTO "Attribution" VALUES(174,11,30);
INSERT INTO "Attribution" VALUES(175,1,35);
INSERT INTO "Attribution" VALUES(176,1,38);
INSERT INTO "Attribution" VALUES(177,1,41);
INSERT INTO "Attribution" VALUES(178,1,36);
INSERT INTO "Attribution" VALUES(179,1,39);
INSERT INTO "Attribution" VALUES(180,1,42);
INSERT INTO "Attribution" VALUES(181,1,37);
INSERT INTO "Attribution" VALUES(182,1,40);
INSERT INTO "Attribution" VALUES(183,24,35);
INSERT INTO "Attribution" VALUES(184,24,38);
INSERT INTO "Attribution" VALUES(185,24,41);
INSERT INTO "Attribution" VALUES(186,24,36);
INSERT INTO "Attribution" VALUES(187,24,39);
INSERT INTO "Attribution" VALUES(188,24,42);
INSERT INTO "Attribution" VALUES(189,24,37);
INSERT INTO "Attribution" VALUES(190,24,40);
INSERT INTO "Attribution" VALUES(191,11,35);
INSERT INTO "Attribution" VALUES(192,11,38);
INSERT INTO "Attribution" VALUES(193,11,41);
INSERT INTO "Attribution" VALUES(194,11,36);
INSERT INTO "Attribution" VALUES(195,11,39);
INSERT INTO "Attribution" VALUES(196,11,42);
INSERT INTO "Attribution" VALUES(197,11,37);
INSERT INTO "Attribution" VALUES(198,11,40);
INSERT INTO "Attribution" VALUES(199,34,35);
INSERT INTO "Attribution" VALUES(200,34,38);
INSERT INTO "Attribution" VALUES(201,34,41);
INSERT INTO "Attribution" VALUES(202,34,36);
INSERT INTO "Attribution" VALUES(203,34,39);
INSERT INTO "Attribution" VALUES(204,34,42);
INSERT INTO "Attribution" VALUES(205,34,37);
INSERT INTO "Attribution" VALUES(206,34,40);
INSERT INTO "Attribution" VALUES(207,13,36);
INSERT INTO "Attribution" VALUES(208,13,30);
INSERT INTO "Attribution" VALUES(209,13,42);
INSERT INTO "Attribution" VALUES(210,1,43);
INSERT INTO "Attribution" VALUES(211,1,44);
INSERT INTO "Attribution" VALUES(212,24,43);
INSERT INTO "Attribution" VALUES(213,24,44);
INSERT INTO "Attribution" VALUES(214,13,43);
INSERT INTO "Attribution" VALUES(215,13,44);
INSERT INTO "Attribution" VALUES(216,35,43);
INSERT INTO "Attribution" VALUES(217,35,44);
INSERT INTO "Attribution" VALUES(218,15,32);
INSERT INTO "Attribution" VALUES(219,15,43);
INSERT INTO "Attribution" VALUES(220,1,45);
INSERT INTO "Attribution" VALUES(221,1,46);
INSERT INTO "Attribution" VALUES(222,24,45);
INSERT INTO "Attribution" VALUES(223,24,46);
INSERT INTO "Attribution" VALUES(224,15,45);
INSERT INTO "Attribution" VALUES(225,15,46);
INSERT INTO "Attribution" VALUES(226,36,45);
INSERT INTO "Attribution" VALUES(227,36,46);
INSERT INTO "Attribution" VALUES(228,37,1);
INSERT INTO "Attribution" VALUES(229,37,28);
INSERT INTO "Attribution" VALUES(230,37,26);
INSERT INTO "Attribution" VALUES(231,37,40);
INSERT INTO "Attribution" VALUES(232,6,40);
INSERT INTO "Attribution" VALUES(233,37,2);
INSERT INTO "Attribution" VALUES(234,37,3);
INSERT INTO "Attribution" VALUES(235,39,47);
INSERT INTO "Attribution" VALUES(236,40,47);
INSERT INTO "Attribution" VALUES(237,41,47);
INSERT INTO "Attribution" VALUES(238,42,47);
INSERT INTO "Attribution" VALUES(239,44,47);
INSERT INTO "Attribution" VALUES(240,39,48);
INSERT INTO "Attribution" VALUES(241,40,48);
INSERT INTO "Attribution" VALUES(242,44,48);
INSERT INTO "Attribution" VALUES(243,45,48);
INSERT INTO "Attribution" VALUES(244,46,48);
INSERT INTO "Attribution" VALUES(245,39,49);
INSERT INTO "Attribution" VALUES(246,40,49);
INSERT INTO "Attribution" VALUES(247,46,49);
INSERT INTO "Attribution" VALUES(248,47,49);
INSERT INTO "Attribution" VALUES(249,48,47);
INSERT INTO "Attribution" VALUES(250,48,49);
CREATE TABLE `Context` (    `id` INTEGER PRIMARY KEY AUTOINCREMENT,    `type_id` INT NOT NULL,    `name` VARCHAR(255) NOT NULL,    `external_id` VARCHAR(255) UNIQUE,    `create_time_since_epoch` INT NOT NULL DEFAULT 0,    `last_update_time_since_epoch` INT NOT NULL DEFAULT 0,    UNIQUE(`type_id`, `name`)  );
INSERT INTO "Context" VALUES(1,10,'penguin_local_keras',NULL,1796071582097,1796071582097);
INSERT INTO "Context" VALUES(2,11,'2026-11-30T20:46:22.043264',NULL,1796071582102,1796071582102);
INSERT INTO "Context" VALUES(3,12,'penguin_local_keras.CsvExampleGen',NULL,1796071582108,1796071582108);
INSERT INTO "Context" VALUES(4,14,'fd4e113af5d702c3c1762ea8005a1a3c0a51998c2ca8d39aead0a6a8baee8a32',NULL,1796071582167,1796071582167);
INSERT INTO "Context" VALUES(5,12,'penguin_local_keras.latest_blessed_model_resolver',NULL,1796071585209,1796071585209);
INSERT INTO "Context" VALUES(6,12,'penguin_local_keras.transform_cache_resolver',NULL,1796071585223,1796071585223);
INSERT INTO "Context" VALUES(7,12,'penguin_local_keras.StatisticsGen',NULL,1796071585234,1796071585234);
INSERT INTO "Context" VALUES(8,14,'5439ba7589e4cba2e97754538e20ff913c9cf4e04ffd94dd6634e51e785f8081',NULL,1796071585245,1796071585245);
INSERT INTO "Context" VALUES(9,12,'penguin_local_keras.SchemaGen',NULL,1796071590172,1796071590172);
INSERT INTO "Context" VALUES(10,14,'2b833a3b031c268f39011ac79739c2e456314f87257fc19082dcecb1fab044ba',NULL,1796071590185,1796071590185);
INSERT INTO "Context" VALUES(11,12,'penguin_local_keras.Transform',NULL,1796071590205,1796071590205);
INSERT INTO "Context" VALUES(12,14,'e03afc2e89eb82e736f77d50faa19cc51959d941aad2a7ddfca882bb88ad7497',NULL,1796071590222,1796071590222);
INSERT INTO "Context" VALUES(13,12,'penguin_local_keras.Trainer',NULL,1796071607430,1796071607430);
INSERT INTO "Context" VALUES(14,14,'6a9f65b6662bbd21da20288c61e568f510913fa95a98d9e661e8b512e357f08c',NULL,1796071607451,1796071607451);
INSERT INTO "Context" VALUES(15,12,'penguin_local_keras.Evaluator',NULL,1796071649371,1796071649371);
INSERT INTO "Context" VALUES(16,14,'6a897888b27b839fbc7ef42e6f62df2a90b1d90ccb1b4030bf5d7e5327d48a83',NULL,1796071649486,1796071649486);
INSERT INTO "Context" VALUES(17,12,'penguin_local_keras.Pusher',NULL,1796071670523,1796071670523);
INSERT INTO "Context" VALUES(18,14,'d5e372f2bfd02bc66fa8fca7a8a1cbec102c354ed5be92b3ba9e79589ddeaca0',NULL,1796071670645,1796071670645);
INSERT INTO "Context" VALUES(19,11,'2026-11-30T20:49:04.460999',NULL,1796071744482,1796071744570);
INSERT INTO "Context" VALUES(20,14,'8ab46119c72cc4f3f4fab5b1d5850bac1e8caef3f60075bc17ecece14e9a585e',NULL,1796071744857,1796071744857);
INSERT INTO "Context" VALUES(21,14,'1c7a9cabf0e6a9e8b88fff50f72599ca4787cc8a48a8ec3c2f6fa7dcf7b2e684',NULL,1796071829672,1796071829672);
INSERT INTO "Context" VALUES(22,14,'eaeb85e84c7eba67f3c7e2aa849ab884f3d27d1c7ca90328a89974b9ba702fef',NULL,1796071932946,1796071932946);
INSERT INTO "Context" VALUES(23,14,'bb7b2b34699636216ed7dad6dd94b2a1872358499693182ee16d0f36577dbebc',NULL,1796071968384,1796071968384);
INSERT INTO "Context" VALUES(24,11,'2026-11-30T20:53:46.147277',NULL,1796072026156,1796072026156);
INSERT INTO "Context" VALUES(25,12,'penguin_local_keras.ImportSchemaGen',NULL,1796072026169,1796072026169);
INSERT INTO "Context" VALUES(26,14,'6502b934add5b3c59849fa7342da56d1c31de59f6abc6037b6251200c817bca5',NULL,1796072026219,1796072026219);
INSERT INTO "Context" VALUES(27,12,'penguin_local_keras.RangeConfigGenerator',NULL,1796072026290,1796072026290);
INSERT INTO "Context" VALUES(28,14,'b8db339a4f153cf3aec89c2d43a0d4d375cb278ed790ec78f3bccaed256c308c',NULL,1796072026333,1796072026333);
INSERT INTO "Context" VALUES(29,14,'f549ddb2a6b8428f687a8fe4b99b3b82fbd3494c2d463b774df77fe0f799413f',NULL,1796072026508,1796072026508);
INSERT INTO "Context" VALUES(30,14,'05d2340423475e9b85b4a284c30ef9d69fedc177236bfb8c9eff19088e7d52cd',NULL,1796072040096,1796072040096);
INSERT INTO "Context" VALUES(31,12,'penguin_local_keras.span_resolver',NULL,1796072060496,1796072060496);
INSERT INTO "Context" VALUES(32,12,'penguin_local_keras.ExampleValidator',NULL,1796072060697,1796072060697);
INSERT INTO "Context" VALUES(33,14,'5fdd81f3d18a25ebe6bfeba469bb352fec1302bff8832bb203a77b5e7b9da9e9',NULL,1796072060794,1796072060794);
INSERT INTO "Context" VALUES(34,14,'97b1af2726e76fba3c624224c578c44ad44b71365c09080191b9051adc58c234',NULL,1796072060960,1796072060960);
INSERT INTO "Context" VALUES(35,14,'b40a84d646e709b32e5ee38d355ec8b42933eeff0628b61a7f7feba3d6b8d055',NULL,1796072148526,1796072148526);
INSERT INTO "Context" VALUES(36,14,'0ad6bc09e7401d835672da8f9d9936dd32969a3cb44b85464e98a540fe5c868a',NULL,1796072250053,1796072250053);
INSERT INTO "Context" VALUES(37,11,'2026-11-30T20:58:21.732550',NULL,1796072301737,1796072301818);
INSERT INTO "Context" VALUES(38,14,'b16be376be59176e2decf44c662dd6714b27c2d9c9087ce7a0b9db4215e63d52',NULL,1796072302378,1796072302378);
INSERT INTO "Context" VALUES(39,10,'penguin_stopped',NULL,1796072347252,1796072347252);
INSERT INTO "Context" VALUES(40,11,'2026-11-30T20:59:07.234908',NULL,1796072347259,1796072347259);
INSERT INTO "Context" VALUES(41,12,'penguin_stopped.CsvExampleGen',NULL,1796072347266,1796072347266);
INSERT INTO "Context" VALUES(42,14,'9effe159a62ed62bf7e78433eca6f38d7ba7fd65d1d711c781a0456281d0d179',NULL,1796072347310,1796072347310);
INSERT INTO "Context" VALUES(43,12,'penguin_stopped.latest_blessed_model_resolver',NULL,1796072354975,1796072354975);
INSERT INTO "Context" VALUES(44,12,'penguin_stopped.StatisticsGen',NULL,1796072355010,1796072355010);
INSERT INTO "Context" VALUES(45,14,'443cab9f5960927a9012de99b9c4ddd48063769183fb72bcb146bff8b79ddbd0',NULL,1796072355037,1796072355037);
INSERT INTO "Context" VALUES(46,12,'penguin_stopped.SchemaGen',NULL,1796072383292,1796072383292);
INSERT INTO "Context" VALUES(47,14,'4703efb7e627696c64c52b0f4f9f36cf99d6f6b64b310e4b508d3340acc6a7fe',NULL,1796072383380,1796072383380);
INSERT INTO "Context" VALUES(48,12,'penguin_stopped.Transform',NULL,1796072383539,1796072383539);
INSERT INTO "Context" VALUES(49,14,'d34c6bd6630bb9311325e7278f1a526fca48b895835e27b0e6a2ce6ab86bdb17',NULL,1796072383655,1796072383655);
CREATE TABLE `ContextProperty` (    `context_id` INT NOT NULL,    `name` VARCHAR(255) NOT NULL,    `is_custom_property` TINYINT(1) NOT NULL,    `int_value` INT,    `double_value` DOUBLE,    `string_value` TEXT,    `byte_value` BLOB,    `proto_value` BLOB,    `bool_value` BOOLEAN,  PRIMARY KEY (`context_id`, `name`, `is_custom_property`));
CREATE TABLE `Event` (    `id` INTEGER PRIMARY KEY AUTOINCREMENT,    `artifact_id` INT NOT NULL,    `execution_id` INT NOT NULL,    `type` INT NOT NULL,    `milliseconds_since_epoch` INT,    UNIQUE(`artifact_id`, `execution_id`, `type`)  );
INSERT INTO "Event" VALUES(1,1,1,4,1796071585204);
INSERT INTO "Event" VALUES(2,1,4,3,1796071585240);
INSERT INTO "Event" VALUES(3,2,4,4,1796071590167);
INSERT INTO "Event" VALUES(4,2,5,3,1796071590180);
INSERT INTO "Event" VALUES(5,3,5,4,1796071590200);
INSERT INTO "Event" VALUES(6,1,6,3,1796071590214);
INSERT INTO "Event" VALUES(7,3,6,3,1796071590214);
INSERT INTO "Event" VALUES(8,4,6,4,1796071607421);
INSERT INTO "Event" VALUES(9,5,6,4,1796071607421);
INSERT INTO "Event" VALUES(10,6,6,4,1796071607421);
INSERT INTO "Event" VALUES(11,7,6,4,1796071607421);
INSERT INTO "Event" VALUES(12,8,6,4,1796071607421);
INSERT INTO "Event" VALUES(13,9,6,4,1796071607421);
INSERT INTO "Event" VALUES(14,10,6,4,1796071607422);
INSERT INTO "Event" VALUES(15,11,6,4,1796071607422);
INSERT INTO "Event" VALUES(16,3,7,3,1796071607443);
INSERT INTO "Event" VALUES(17,4,7,3,1796071607443);
INSERT INTO "Event" VALUES(18,6,7,3,1796071607443);
INSERT INTO "Event" VALUES(19,12,7,4,1796071649323);
INSERT INTO "Event" VALUES(20,13,7,4,1796071649323);
INSERT INTO "Event" VALUES(21,13,8,3,1796071649454);
INSERT INTO "Event" VALUES(22,1,8,3,1796071649454);
INSERT INTO "Event" VALUES(23,14,8,4,1796071670482);
INSERT INTO "Event" VALUES(24,15,8,4,1796071670482);
INSERT INTO "Event" VALUES(25,13,9,3,1796071670605);
INSERT INTO "Event" VALUES(26,14,9,3,1796071670605);
INSERT INTO "Event" VALUES(27,16,9,4,1796071670754);
INSERT INTO "Event" VALUES(28,1,10,4,1796071744570);
INSERT INTO "Event" VALUES(29,14,11,6,1796071744619);
INSERT INTO "Event" VALUES(30,13,11,6,1796071744619);
INSERT INTO "Event" VALUES(31,10,12,6,1796071744650);
INSERT INTO "Event" VALUES(32,1,13,3,1796071744678);
INSERT INTO "Event" VALUES(33,2,13,4,1796071744697);
INSERT INTO "Event" VALUES(34,2,14,3,1796071744742);
INSERT INTO "Event" VALUES(35,3,14,4,1796071744775);
INSERT INTO "Event" VALUES(36,10,15,3,1796071744824);
INSERT INTO "Event" VALUES(37,3,15,3,1796071744824);
INSERT INTO "Event" VALUES(38,1,15,3,1796071744824);
INSERT INTO "Event" VALUES(39,17,15,4,1796071829490);
INSERT INTO "Event" VALUES(40,18,15,4,1796071829490);
INSERT INTO "Event" VALUES(41,19,15,4,1796071829490);
INSERT INTO "Event" VALUES(42,20,15,4,1796071829490);
INSERT INTO "Event" VALUES(43,21,15,4,1796071829490);
INSERT INTO "Event" VALUES(44,22,15,4,1796071829490);
INSERT INTO "Event" VALUES(45,23,15,4,1796071829490);
INSERT INTO "Event" VALUES(46,24,15,4,1796071829490);
INSERT INTO "Event" VALUES(47,19,16,3,1796071829545);
INSERT INTO "Event" VALUES(48,3,16,3,1796071829546);
INSERT INTO "Event" VALUES(49,22,16,3,1796071829546);
INSERT INTO "Event" VALUES(50,25,16,4,1796071932811);
INSERT INTO "Event" VALUES(51,26,16,4,1796071932812);
INSERT INTO "Event" VALUES(52,26,17,3,1796071932910);
INSERT INTO "Event" VALUES(53,1,17,3,1796071932910);
INSERT INTO "Event" VALUES(54,13,17,3,1796071932910);
INSERT INTO "Event" VALUES(55,27,17,4,1796071968269);
INSERT INTO "Event" VALUES(56,28,17,4,1796071968269);
INSERT INTO "Event" VALUES(57,26,18,3,1796071968357);
INSERT INTO "Event" VALUES(58,28,18,3,1796071968357);
INSERT INTO "Event" VALUES(59,29,18,4,1796071968461);
INSERT INTO "Event" VALUES(60,30,19,4,1796072026268);
INSERT INTO "Event" VALUES(61,31,20,4,1796072026375);
INSERT INTO "Event" VALUES(62,26,21,6,1796072026418);
INSERT INTO "Event" VALUES(63,28,21,6,1796072026418);
INSERT INTO "Event" VALUES(64,23,22,6,1796072026462);
INSERT INTO "Event" VALUES(65,31,23,3,1796072026493);
INSERT INTO "Event" VALUES(66,32,23,4,1796072040043);
INSERT INTO "Event" VALUES(67,32,24,3,1796072040077);
INSERT INTO "Event" VALUES(68,33,24,4,1796072060443);
INSERT INTO "Event" VALUES(69,32,25,6,1796072060634);
INSERT INTO "Event" VALUES(70,33,26,3,1796072060776);
INSERT INTO "Event" VALUES(71,30,26,3,1796072060776);
INSERT INTO "Event" VALUES(72,34,26,4,1796072060857);
INSERT INTO "Event" VALUES(73,23,27,3,1796072060923);
INSERT INTO "Event" VALUES(74,32,27,3,1796072060923);
INSERT INTO "Event" VALUES(75,30,27,3,1796072060923);
INSERT INTO "Event" VALUES(76,35,27,4,1796072148226);
INSERT INTO "Event" VALUES(77,36,27,4,1796072148226);
INSERT INTO "Event" VALUES(78,37,27,4,1796072148226);
INSERT INTO "Event" VALUES(79,38,27,4,1796072148226);
INSERT INTO "Event" VALUES(80,39,27,4,1796072148226);
INSERT INTO "Event" VALUES(81,40,27,4,1796072148226);
INSERT INTO "Event" VALUES(82,41,27,4,1796072148226);
INSERT INTO "Event" VALUES(83,42,27,4,1796072148227);
INSERT INTO "Event" VALUES(84,30,28,3,1796072148493);
INSERT INTO "Event" VALUES(85,36,28,3,1796072148494);
INSERT INTO "Event" VALUES(86,42,28,3,1796072148494);
INSERT INTO "Event" VALUES(87,43,28,4,1796072249722);
INSERT INTO "Event" VALUES(88,44,28,4,1796072249722);
INSERT INTO "Event" VALUES(89,32,29,3,1796072249944);
INSERT INTO "Event" VALUES(90,43,29,3,1796072249944);
INSERT INTO "Event" VALUES(91,26,29,3,1796072249944);
INSERT INTO "Event" VALUES(92,45,29,4,1796072271797);
INSERT INTO "Event" VALUES(93,46,29,4,1796072271797);
INSERT INTO "Event" VALUES(94,1,30,4,1796072301818);
INSERT INTO "Event" VALUES(95,26,31,6,1796072301891);
INSERT INTO "Event" VALUES(96,28,31,6,1796072301891);
INSERT INTO "Event" VALUES(97,40,32,6,1796072301917);
INSERT INTO "Event" VALUES(98,1,33,3,1796072301942);
INSERT INTO "Event" VALUES(99,2,33,4,1796072301963);
INSERT INTO "Event" VALUES(100,2,34,3,1796072302246);
INSERT INTO "Event" VALUES(101,3,34,4,1796072302278);
INSERT INTO "Event" VALUES(102,3,35,3,1796072302332);
INSERT INTO "Event" VALUES(103,1,35,3,1796072302332);
INSERT INTO "Event" VALUES(104,40,35,3,1796072302332);
INSERT INTO "Event" VALUES(105,47,36,4,1796072354961);
INSERT INTO "Event" VALUES(106,47,38,3,1796072355025);
INSERT INTO "Event" VALUES(107,48,38,4,1796072383232);
INSERT INTO "Event" VALUES(108,48,39,3,1796072383338);
INSERT INTO "Event" VALUES(109,49,39,4,1796072383488);
INSERT INTO "Event" VALUES(110,47,40,3,1796072383600);
INSERT INTO "Event" VALUES(111,49,40,3,1796072383600);
CREATE TABLE `EventPath` (    `event_id` INT NOT NULL,    `is_index_step` TINYINT(1) NOT NULL,    `step_index` INT,    `step_key` TEXT  );
INSERT INTO "EventPath" VALUES(1,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(1,1,0,NULL);
INSERT INTO "EventPath" VALUES(2,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(2,1,0,NULL);
INSERT INTO "EventPath" VALUES(3,0,NULL,'statistics');
INSERT INTO "EventPath" VALUES(3,1,0,NULL);
INSERT INTO "EventPath" VALUES(4,0,NULL,'statistics');
INSERT INTO "EventPath" VALUES(4,1,0,NULL);
INSERT INTO "EventPath" VALUES(5,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(5,1,0,NULL);
INSERT INTO "EventPath" VALUES(6,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(6,1,0,NULL);
INSERT INTO "EventPath" VALUES(7,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(7,1,0,NULL);
INSERT INTO "EventPath" VALUES(8,0,NULL,'transformed_examples');
INSERT INTO "EventPath" VALUES(8,1,0,NULL);
INSERT INTO "EventPath" VALUES(9,0,NULL,'pre_transform_schema');
INSERT INTO "EventPath" VALUES(9,1,0,NULL);
INSERT INTO "EventPath" VALUES(10,0,NULL,'transform_graph');
INSERT INTO "EventPath" VALUES(10,1,0,NULL);
INSERT INTO "EventPath" VALUES(11,0,NULL,'pre_transform_stats');
INSERT INTO "EventPath" VALUES(11,1,0,NULL);
INSERT INTO "EventPath" VALUES(12,0,NULL,'post_transform_schema');
INSERT INTO "EventPath" VALUES(12,1,0,NULL);
INSERT INTO "EventPath" VALUES(13,0,NULL,'post_transform_anomalies');
INSERT INTO "EventPath" VALUES(13,1,0,NULL);
INSERT INTO "EventPath" VALUES(14,0,NULL,'updated_analyzer_cache');
INSERT INTO "EventPath" VALUES(14,1,0,NULL);
INSERT INTO "EventPath" VALUES(15,0,NULL,'post_transform_stats');
INSERT INTO "EventPath" VALUES(15,1,0,NULL);
INSERT INTO "EventPath" VALUES(16,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(16,1,0,NULL);
INSERT INTO "EventPath" VALUES(17,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(17,1,0,NULL);
INSERT INTO "EventPath" VALUES(18,0,NULL,'transform_graph');
INSERT INTO "EventPath" VALUES(18,1,0,NULL);
INSERT INTO "EventPath" VALUES(19,0,NULL,'model_run');
INSERT INTO "EventPath" VALUES(19,1,0,NULL);
INSERT INTO "EventPath" VALUES(20,0,NULL,'model');
INSERT INTO "EventPath" VALUES(20,1,0,NULL);
INSERT INTO "EventPath" VALUES(21,0,NULL,'model');
INSERT INTO "EventPath" VALUES(21,1,0,NULL);
INSERT INTO "EventPath" VALUES(22,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(22,1,0,NULL);
INSERT INTO "EventPath" VALUES(23,0,NULL,'blessing');
INSERT INTO "EventPath" VALUES(23,1,0,NULL);
INSERT INTO "EventPath" VALUES(24,0,NULL,'evaluation');
INSERT INTO "EventPath" VALUES(24,1,0,NULL);
INSERT INTO "EventPath" VALUES(25,0,NULL,'model');
INSERT INTO "EventPath" VALUES(25,1,0,NULL);
INSERT INTO "EventPath" VALUES(26,0,NULL,'_Evaluator.blessing');
INSERT INTO "EventPath" VALUES(26,1,0,NULL);
INSERT INTO "EventPath" VALUES(27,0,NULL,'pushed_model');
INSERT INTO "EventPath" VALUES(27,1,0,NULL);
INSERT INTO "EventPath" VALUES(28,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(28,1,0,NULL);
INSERT INTO "EventPath" VALUES(29,0,NULL,'model_blessing');
INSERT INTO "EventPath" VALUES(29,1,0,NULL);
INSERT INTO "EventPath" VALUES(30,0,NULL,'model');
INSERT INTO "EventPath" VALUES(30,1,0,NULL);
INSERT INTO "EventPath" VALUES(31,0,NULL,'cache');
INSERT INTO "EventPath" VALUES(31,1,0,NULL);
INSERT INTO "EventPath" VALUES(32,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(32,1,0,NULL);
INSERT INTO "EventPath" VALUES(33,0,NULL,'statistics');
INSERT INTO "EventPath" VALUES(33,1,0,NULL);
INSERT INTO "EventPath" VALUES(34,0,NULL,'statistics');
INSERT INTO "EventPath" VALUES(34,1,0,NULL);
INSERT INTO "EventPath" VALUES(35,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(35,1,0,NULL);
INSERT INTO "EventPath" VALUES(36,0,NULL,'analyzer_cache');
INSERT INTO "EventPath" VALUES(36,1,0,NULL);
INSERT INTO "EventPath" VALUES(37,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(37,1,0,NULL);
INSERT INTO "EventPath" VALUES(38,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(38,1,0,NULL);
INSERT INTO "EventPath" VALUES(39,0,NULL,'post_transform_stats');
INSERT INTO "EventPath" VALUES(39,1,0,NULL);
INSERT INTO "EventPath" VALUES(40,0,NULL,'pre_transform_stats');
INSERT INTO "EventPath" VALUES(40,1,0,NULL);
INSERT INTO "EventPath" VALUES(41,0,NULL,'transform_graph');
INSERT INTO "EventPath" VALUES(41,1,0,NULL);
INSERT INTO "EventPath" VALUES(42,0,NULL,'post_transform_schema');
INSERT INTO "EventPath" VALUES(42,1,0,NULL);
INSERT INTO "EventPath" VALUES(43,0,NULL,'pre_transform_schema');
INSERT INTO "EventPath" VALUES(43,1,0,NULL);
INSERT INTO "EventPath" VALUES(44,0,NULL,'transformed_examples');
INSERT INTO "EventPath" VALUES(44,1,0,NULL);
INSERT INTO "EventPath" VALUES(45,0,NULL,'updated_analyzer_cache');
INSERT INTO "EventPath" VALUES(45,1,0,NULL);
INSERT INTO "EventPath" VALUES(46,0,NULL,'post_transform_anomalies');
INSERT INTO "EventPath" VALUES(46,1,0,NULL);
INSERT INTO "EventPath" VALUES(47,0,NULL,'transform_graph');
INSERT INTO "EventPath" VALUES(47,1,0,NULL);
INSERT INTO "EventPath" VALUES(48,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(48,1,0,NULL);
INSERT INTO "EventPath" VALUES(49,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(49,1,0,NULL);
INSERT INTO "EventPath" VALUES(50,0,NULL,'model_run');
INSERT INTO "EventPath" VALUES(50,1,0,NULL);
INSERT INTO "EventPath" VALUES(51,0,NULL,'model');
INSERT INTO "EventPath" VALUES(51,1,0,NULL);
INSERT INTO "EventPath" VALUES(52,0,NULL,'model');
INSERT INTO "EventPath" VALUES(52,1,0,NULL);
INSERT INTO "EventPath" VALUES(53,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(53,1,0,NULL);
INSERT INTO "EventPath" VALUES(54,0,NULL,'baseline_model');
INSERT INTO "EventPath" VALUES(54,1,0,NULL);
INSERT INTO "EventPath" VALUES(55,0,NULL,'evaluation');
INSERT INTO "EventPath" VALUES(55,1,0,NULL);
INSERT INTO "EventPath" VALUES(56,0,NULL,'blessing');
INSERT INTO "EventPath" VALUES(56,1,0,NULL);
INSERT INTO "EventPath" VALUES(57,0,NULL,'model');
INSERT INTO "EventPath" VALUES(57,1,0,NULL);
INSERT INTO "EventPath" VALUES(58,0,NULL,'_Evaluator.blessing');
INSERT INTO "EventPath" VALUES(58,1,0,NULL);
INSERT INTO "EventPath" VALUES(59,0,NULL,'pushed_model');
INSERT INTO "EventPath" VALUES(59,1,0,NULL);
INSERT INTO "EventPath" VALUES(60,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(60,1,0,NULL);
INSERT INTO "EventPath" VALUES(61,0,NULL,'range_config');
INSERT INTO "EventPath" VALUES(61,1,0,NULL);
INSERT INTO "EventPath" VALUES(62,0,NULL,'model');
INSERT INTO "EventPath" VALUES(62,1,0,NULL);
INSERT INTO "EventPath" VALUES(63,0,NULL,'model_blessing');
INSERT INTO "EventPath" VALUES(63,1,0,NULL);
INSERT INTO "EventPath" VALUES(64,0,NULL,'cache');
INSERT INTO "EventPath" VALUES(64,1,0,NULL);
INSERT INTO "EventPath" VALUES(65,0,NULL,'_RangeConfigGenerator.range_config');
INSERT INTO "EventPath" VALUES(65,1,0,NULL);
INSERT INTO "EventPath" VALUES(66,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(66,1,0,NULL);
INSERT INTO "EventPath" VALUES(67,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(67,1,0,NULL);
INSERT INTO "EventPath" VALUES(68,0,NULL,'statistics');
INSERT INTO "EventPath" VALUES(68,1,0,NULL);
INSERT INTO "EventPath" VALUES(69,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(69,1,0,NULL);
INSERT INTO "EventPath" VALUES(70,0,NULL,'statistics');
INSERT INTO "EventPath" VALUES(70,1,0,NULL);
INSERT INTO "EventPath" VALUES(71,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(71,1,0,NULL);
INSERT INTO "EventPath" VALUES(72,0,NULL,'anomalies');
INSERT INTO "EventPath" VALUES(72,1,0,NULL);
INSERT INTO "EventPath" VALUES(73,0,NULL,'analyzer_cache');
INSERT INTO "EventPath" VALUES(73,1,0,NULL);
INSERT INTO "EventPath" VALUES(74,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(74,1,0,NULL);
INSERT INTO "EventPath" VALUES(75,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(75,1,0,NULL);
INSERT INTO "EventPath" VALUES(76,0,NULL,'post_transform_stats');
INSERT INTO "EventPath" VALUES(76,1,0,NULL);
INSERT INTO "EventPath" VALUES(77,0,NULL,'transform_graph');
INSERT INTO "EventPath" VALUES(77,1,0,NULL);
INSERT INTO "EventPath" VALUES(78,0,NULL,'pre_transform_stats');
INSERT INTO "EventPath" VALUES(78,1,0,NULL);
INSERT INTO "EventPath" VALUES(79,0,NULL,'post_transform_schema');
INSERT INTO "EventPath" VALUES(79,1,0,NULL);
INSERT INTO "EventPath" VALUES(80,0,NULL,'pre_transform_schema');
INSERT INTO "EventPath" VALUES(80,1,0,NULL);
INSERT INTO "EventPath" VALUES(81,0,NULL,'updated_analyzer_cache');
INSERT INTO "EventPath" VALUES(81,1,0,NULL);
INSERT INTO "EventPath" VALUES(82,0,NULL,'post_transform_anomalies');
INSERT INTO "EventPath" VALUES(82,1,0,NULL);
INSERT INTO "EventPath" VALUES(83,0,NULL,'transformed_examples');
INSERT INTO "EventPath" VALUES(83,1,0,NULL);
INSERT INTO "EventPath" VALUES(84,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(84,1,0,NULL);
INSERT INTO "EventPath" VALUES(85,0,NULL,'transform_graph');
INSERT INTO "EventPath" VALUES(85,1,0,NULL);
INSERT INTO "EventPath" VALUES(86,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(86,1,0,NULL);
INSERT INTO "EventPath" VALUES(87,0,NULL,'model');
INSERT INTO "EventPath" VALUES(87,1,0,NULL);
INSERT INTO "EventPath" VALUES(88,0,NULL,'model_run');
INSERT INTO "EventPath" VALUES(88,1,0,NULL);
INSERT INTO "EventPath" VALUES(89,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(89,1,0,NULL);
INSERT INTO "EventPath" VALUES(90,0,NULL,'model');
INSERT INTO "EventPath" VALUES(90,1,0,NULL);
INSERT INTO "EventPath" VALUES(91,0,NULL,'baseline_model');
INSERT INTO "EventPath" VALUES(91,1,0,NULL);
INSERT INTO "EventPath" VALUES(92,0,NULL,'evaluation');
INSERT INTO "EventPath" VALUES(92,1,0,NULL);
INSERT INTO "EventPath" VALUES(93,0,NULL,'blessing');
INSERT INTO "EventPath" VALUES(93,1,0,NULL);
INSERT INTO "EventPath" VALUES(94,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(94,1,0,NULL);
INSERT INTO "EventPath" VALUES(95,0,NULL,'model');
INSERT INTO "EventPath" VALUES(95,1,0,NULL);
INSERT INTO "EventPath" VALUES(96,0,NULL,'model_blessing');
INSERT INTO "EventPath" VALUES(96,1,0,NULL);
INSERT INTO "EventPath" VALUES(97,0,NULL,'cache');
INSERT INTO "EventPath" VALUES(97,1,0,NULL);
INSERT INTO "EventPath" VALUES(98,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(98,1,0,NULL);
INSERT INTO "EventPath" VALUES(99,0,NULL,'statistics');
INSERT INTO "EventPath" VALUES(99,1,0,NULL);
INSERT INTO "EventPath" VALUES(100,0,NULL,'statistics');
INSERT INTO "EventPath" VALUES(100,1,0,NULL);
INSERT INTO "EventPath" VALUES(101,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(101,1,0,NULL);
INSERT INTO "EventPath" VALUES(102,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(102,1,0,NULL);
INSERT INTO "EventPath" VALUES(103,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(103,1,0,NULL);
INSERT INTO "EventPath" VALUES(104,0,NULL,'analyzer_cache');
INSERT INTO "EventPath" VALUES(104,1,0,NULL);
INSERT INTO "EventPath" VALUES(105,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(105,1,0,NULL);
INSERT INTO "EventPath" VALUES(106,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(106,1,0,NULL);
INSERT INTO "EventPath" VALUES(107,0,NULL,'statistics');
INSERT INTO "EventPath" VALUES(107,1,0,NULL);
INSERT INTO "EventPath" VALUES(108,0,NULL,'statistics');
INSERT INTO "EventPath" VALUES(108,1,0,NULL);
INSERT INTO "EventPath" VALUES(109,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(109,1,0,NULL);
INSERT INTO "EventPath" VALUES(110,0,NULL,'examples');
INSERT INTO "EventPath" VALUES(110,1,0,NULL);
INSERT INTO "EventPath" VALUES(111,0,NULL,'schema');
INSERT INTO "EventPath" VALUES(111,1,0,NULL);
CREATE TABLE `Execution` (    `id` INTEGER PRIMARY KEY AUTOINCREMENT,    `type_id` INT NOT NULL,    `last_known_state` INT,    `name` VARCHAR(255),    `external_id` VARCHAR(255) UNIQUE,    `create_time_since_epoch` INT NOT NULL DEFAULT 0,    `last_update_time_since_epoch` INT NOT NULL DEFAULT 0,    UNIQUE(`type_id`, `name`)  );
INSERT INTO "Execution" VALUES(1,13,3,'6270c665-cbea-48c6-a16b-b9fe3ff79fe3',NULL,1796071582141,1796071585204);
INSERT INTO "Execution" VALUES(2,16,3,'9cc051a1-08f1-4d54-80c2-6b91ca9df198',NULL,1796071585216,1796071585217);
INSERT INTO "Execution" VALUES(3,16,4,'dbe148b2-b7b3-479a-8503-f7e3fac3e70e',NULL,1796071585227,1796071585229);
INSERT INTO "Execution" VALUES(4,17,3,'538e2139-d3ae-4d73-a2c0-a8b94cf78497',NULL,1796071585240,1796071590167);
INSERT INTO "Execution" VALUES(5,19,3,'2a504ccb-8769-462a-be6d-e6d6c64933d0',NULL,1796071590180,1796071590200);
INSERT INTO "Execution" VALUES(6,21,3,'ee33f189-7faa-40a0-86c8-880b8c13e4c4',NULL,1796071590214,1796071607421);
INSERT INTO "Execution" VALUES(7,25,3,'8f333cea-a57b-4dc4-9bf2-34db9448a280',NULL,1796071607443,1796071649322);
INSERT INTO "Execution" VALUES(8,28,3,'cacba8f5-17e4-4014-bfb8-e766ebb6a5bb',NULL,1796071649454,1796071670482);
INSERT INTO "Execution" VALUES(9,31,3,'2672c05f-b39f-4c43-acf1-f778d89bb33d',NULL,1796071670605,1796071670754);
INSERT INTO "Execution" VALUES(10,13,5,'dff3bb17-b12f-491e-8d32-1a297929143e',NULL,1796071744530,1796071744570);
INSERT INTO "Execution" VALUES(11,16,3,'cc9c38a9-43ed-4065-b41b-5d0babdd20ab',NULL,1796071744604,1796071744619);
INSERT INTO "Execution" VALUES(12,16,3,'bd49775e-f75c-46aa-beef-25f1f80c0547',NULL,1796071744640,1796071744650);
INSERT INTO "Execution" VALUES(13,17,5,'b9caebe9-99f9-4024-96ad-bf064866b1b9',NULL,1796071744677,1796071744697);
INSERT INTO "Execution" VALUES(14,19,5,'650d31f8-1690-46b9-b59c-663d49c7c907',NULL,1796071744742,1796071744775);
INSERT INTO "Execution" VALUES(15,21,3,'850b2289-e988-494b-a181-97f0702802c4',NULL,1796071744823,1796071829490);
INSERT INTO "Execution" VALUES(16,25,3,'01487c11-5da0-49d5-b88d-3b5319fe140a',NULL,1796071829541,1796071932811);
INSERT INTO "Execution" VALUES(17,28,3,'3839ffef-a932-4bb6-ab74-6cabafceb973',NULL,1796071932909,1796071968269);
INSERT INTO "Execution" VALUES(18,31,3,'b3f6b303-698a-4549-839b-4bf01671ae3f',NULL,1796071968356,1796071968457);
INSERT INTO "Execution" VALUES(19,33,3,'602c28b7-60d9-4680-816d-bce701e4e227',NULL,1796072026198,1796072026268);
INSERT INTO "Execution" VALUES(20,34,3,'11ca0d41-5874-4109-8463-ff1d9ca6dce6',NULL,1796072026313,1796072026374);
INSERT INTO "Execution" VALUES(21,16,3,'7f6ccca6-8d8c-40e3-954b-fadeaeecec54',NULL,1796072026407,1796072026418);
INSERT INTO "Execution" VALUES(22,16,3,'2ef105b1-f0e0-48aa-970b-b7490a6cea6b',NULL,1796072026448,1796072026462);
INSERT INTO "Execution" VALUES(23,13,3,'4baaa015-e7ea-4641-9e30-93e8282866a2',NULL,1796072026492,1796072040043);
INSERT INTO "Execution" VALUES(24,17,3,'5cebd2dc-2cb1-46e8-949b-838cb02216dd',NULL,1796072040077,1796072060443);
INSERT INTO "Execution" VALUES(25,16,3,'3482b7d2-8155-4d6a-b844-ea1d77169c15',NULL,1796072060542,1796072060634);
INSERT INTO "Execution" VALUES(26,36,3,'b2e8c94c-9a67-4e98-8ace-20dea0b27a5b',NULL,1796072060776,1796072060857);
INSERT INTO "Execution" VALUES(27,21,3,'4bcd94af-9a81-4ba8-ae4c-7637f93c03d1',NULL,1796072060922,1796072148197);
INSERT INTO "Execution" VALUES(28,25,3,'616801b1-7261-4bd6-b6cc-c8d227d350ac',NULL,1796072148493,1796072249722);
INSERT INTO "Execution" VALUES(29,28,3,'d738bbd8-7190-4d2b-a21d-11cdcd57227f',NULL,1796072249925,1796072271797);
INSERT INTO "Execution" VALUES(30,13,5,'ddaf3f4c-0996-4c8d-8142-ab0eb2783f68',NULL,1796072301785,1796072301818);
INSERT INTO "Execution" VALUES(31,16,3,'4c8f93f6-5030-4d45-a9c3-3b939728eb95',NULL,1796072301859,1796072301891);
INSERT INTO "Execution" VALUES(32,16,3,'1a04dc0d-1cd1-463b-9524-53af92733eae',NULL,1796072301908,1796072301917);
INSERT INTO "Execution" VALUES(33,17,5,'379400e5-b93e-44ce-b6cc-454eefbb311a',NULL,1796072301941,1796072301963);
INSERT INTO "Execution" VALUES(34,19,5,'c3a7a887-f7c4-436a-aa2a-0f408e879cf1',NULL,1796072302246,1796072302278);
INSERT INTO "Execution" VALUES(35,21,4,'ae0cf118-d399-4576-8e2f-bca4bf7d9e24',NULL,1796072302332,1796072319724);
INSERT INTO "Execution" VALUES(36,13,3,'f58b1be4-9256-4501-821a-9f84b397bfdf',NULL,1796072347278,1796072354960);
INSERT INTO "Execution" VALUES(37,16,3,'64dc0f45-3b8b-42a3-adc3-094ebd2b2fb0',NULL,1796072354990,1796072354998);
INSERT INTO "Execution" VALUES(38,17,3,'08fc0030-f41c-43bc-b951-c3abb99a2e94',NULL,1796072355024,1796072383232);
INSERT INTO "Execution" VALUES(39,19,3,'7cd63adb-06ff-4516-9854-3497ad3ba828',NULL,1796072383338,1796072383488);
INSERT INTO "Execution" VALUES(40,21,2,'4a343565-58e9-41b8-8de8-d3735502a822',NULL,1796072383600,1796072383600);
CREATE TABLE `ExecutionProperty` (    `execution_id` INT NOT NULL,    `name` VARCHAR(255) NOT NULL,    `is_custom_property` TINYINT(1) NOT NULL,    `int_value` INT,    `double_value` DOUBLE,    `string_value` TEXT,    `byte_value` BLOB,    `proto_value` BLOB,    `bool_value` BOOLEAN,  PRIMARY KEY (`execution_id`, `name`, `is_custom_property`));
INSERT INTO "ExecutionProperty" VALUES(1,'output_config',1,NULL,NULL,'{
  "split_config": {
    "splits": [
      {
        "hash_buckets": 2,
        "name": "train"
      },
      {
        "hash_buckets": 1,
        "name": "eval"
      }
    ]
  }
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(1,'input_base',1,NULL,NULL,'/home/ada/penguin/data/labelled',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(1,'output_data_format',1,6,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(1,'output_file_format',1,5,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(1,'input_config',1,NULL,NULL,'{
  "splits": [
    {
      "name": "single_split",
      "pattern": "*"
    }
  ]
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(1,'span',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(1,'input_fingerprint',1,NULL,NULL,'split:single_split,num_files:1,total_bytes:4571,xor_checksum:1796071567,sum_checksum:1796071567',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(3,'__execution_result__',1,NULL,NULL,'{
  "resultMessage": "Traceback (most recent call last):\n\n  File \"/usr/lib/python3/site-packages/tfx/orchestration/portable/resolver_node_handler.py\", line 75, in run\n    resolved_inputs = inputs_utils.resolve_input_artifacts(\n\n  File \"/usr/lib/python3/site-packages/tfx/orchestration/portable/inputs_utils.py\", line 65, in resolve_input_artifacts\n    resolved = node_inputs_resolver.resolve(metadata_handle, node_inputs)\n\n  File \"/usr/lib/python3/site-packages/tfx/orchestration/portable/input_resolution/node_inputs_resolver.py\", line 518, in resolve\n    _resolve_input_graph_ref(handle_like, node_inputs, input_key, resolved)\n\n  File \"/usr/lib/python3/site-packages/tfx/orchestration/portable/input_resolution/node_inputs_resolver.py\", line 378, in _resolve_input_graph_ref\n    result = graph_fn(input_dict)\n\n  File \"/usr/lib/python3/site-packages/tfx/orchestration/portable/input_resolution/input_graph_resolver.py\", line 262, in facade_fn\n    return graph_fn({\n\n  File \"/usr/lib/python3/site-packages/tfx/orchestration/portable/input_resolution/input_graph_resolver.py\", line 212, in new_graph_fn\n    return graph_fn({**data, node_id: output})\n\n  File \"/usr/lib/python3/site-packages/tfx/orchestration/portable/input_resolution/input_graph_resolver.py\", line 205, in new_graph_fn\n    output = node_fn(data)\n\n  File \"/usr/lib/python3/site-packages/tfx/orchestration/portable/input_resolution/input_graph_resolver.py\", line 157, in _evaluate_op_node\n    raise exceptions.InputResolutionError(f''{strategy} returned None.'')\n\ntfx.orchestration.portable.input_resolution.exceptions.InputResolutionError: Error while resolving inputs for transform_cache_resolver: <tfx.dsl.input_resolution.strategies.latest_artifact_strategy.LatestArtifactStrategy object at 0x7f0768105c30> returned None.\n",
  "code": 2
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(4,'exclude_splits',1,NULL,NULL,'[]',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(5,'exclude_splits',1,NULL,NULL,'[]',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(5,'infer_feature_shape',1,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(6,'disable_statistics',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(6,'force_tf_compat_v1',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(6,'custom_config',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(6,'module_path',1,NULL,NULL,'penguin_utils_keras@/home/ada/penguin/pipelines/penguin_local_keras/_wheels/tfx_user_code_transform-0.0+0c9ed61ea10cd805a9b8ff56eb2a16f7b1c8db6d914d5daf8c1b305039dcc8f7-py3-none-any.whl',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(7,'train_args',1,NULL,NULL,'{
  "num_steps": 100
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(7,'custom_config',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(7,'eval_args',1,NULL,NULL,'{
  "num_steps": 5
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(7,'module_path',1,NULL,NULL,'penguin_utils_keras@/home/ada/penguin/pipelines/penguin_local_keras/_wheels/tfx_user_code_trainer-0.0+0c9ed61ea10cd805a9b8ff56eb2a16f7b1c8db6d914d5daf8c1b305039dcc8f7-py3-none-any.whl',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(8,'example_splits',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(8,'eval_config',1,NULL,NULL,'{
  "metrics_specs": [
    {
      "metrics": [
        {
          "class_name": "SparseCategoricalAccuracy",
          "threshold": {
            "change_threshold": {
              "absolute": -1e-10,
              "direction": "HIGHER_IS_BETTER"
            },
            "value_threshold": {
              "lower_bound": 0.6
            }
          }
        }
      ]
    }
  ],
  "model_specs": [
    {
      "label_key": "species_xf",
      "preprocessing_function_names": [
        "transform_features"
      ],
      "signature_name": "serving_default"
    }
  ],
  "slicing_specs": [
    {}
  ]
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(8,'fairness_indicator_thresholds',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(9,'push_destination',1,NULL,NULL,'{
  "filesystem": {
    "base_directory": "/home/ada/penguin/serving_model"
  }
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(9,'custom_config',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(10,'input_config',1,NULL,NULL,'{
  "splits": [
    {
      "name": "single_split",
      "pattern": "*"
    }
  ]
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(10,'output_config',1,NULL,NULL,'{
  "split_config": {
    "splits": [
      {
        "hash_buckets": 2,
        "name": "train"
      },
      {
        "hash_buckets": 1,
        "name": "eval"
      }
    ]
  }
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(10,'output_data_format',1,6,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(10,'output_file_format',1,5,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(10,'input_base',1,NULL,NULL,'/home/ada/penguin/data/labelled',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(13,'exclude_splits',1,NULL,NULL,'[]',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(14,'exclude_splits',1,NULL,NULL,'[]',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(14,'infer_feature_shape',1,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(15,'custom_config',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(15,'force_tf_compat_v1',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(15,'module_path',1,NULL,NULL,'penguin_utils_keras@/home/ada/penguin/pipelines/penguin_local_keras/_wheels/tfx_user_code_transform-0.0+0c9ed61ea10cd805a9b8ff56eb2a16f7b1c8db6d914d5daf8c1b305039dcc8f7-py3-none-any.whl',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(15,'disable_statistics',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(16,'custom_config',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(16,'train_args',1,NULL,NULL,'{
  "num_steps": 100
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(16,'module_path',1,NULL,NULL,'penguin_utils_keras@/home/ada/penguin/pipelines/penguin_local_keras/_wheels/tfx_user_code_trainer-0.0+0c9ed61ea10cd805a9b8ff56eb2a16f7b1c8db6d914d5daf8c1b305039dcc8f7-py3-none-any.whl',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(16,'eval_args',1,NULL,NULL,'{
  "num_steps": 5
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(17,'eval_config',1,NULL,NULL,'{
  "metrics_specs": [
    {
      "metrics": [
        {
          "class_name": "SparseCategoricalAccuracy",
          "threshold": {
            "change_threshold": {
              "absolute": -1e-10,
              "direction": "HIGHER_IS_BETTER"
            },
            "value_threshold": {
              "lower_bound": 0.6
            }
          }
        }
      ]
    }
  ],
  "model_specs": [
    {
      "label_key": "species_xf",
      "preprocessing_function_names": [
        "transform_features"
      ],
      "signature_name": "serving_default"
    }
  ],
  "slicing_specs": [
    {}
  ]
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(17,'fairness_indicator_thresholds',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(17,'example_splits',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(18,'push_destination',1,NULL,NULL,'{
  "filesystem": {
    "base_directory": "/home/ada/penguin/serving_model"
  }
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(18,'custom_config',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(19,'schema_file',1,NULL,NULL,'/home/ada/penguin/schema/schema.pbtxt',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(20,'input_date',1,NULL,NULL,'20220103',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(23,'output_data_format',1,6,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(23,'output_file_format',1,5,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(23,'range_config',1,NULL,NULL,'{
  "static_range": {
    "end_span_number": 2,
    "start_span_number": 2
  }
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(23,'input_base',1,NULL,NULL,'/home/ada/penguin/spans/labelled',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(23,'output_config',1,NULL,NULL,'{
  "split_config": {
    "splits": [
      {
        "hash_buckets": 2,
        "name": "train"
      },
      {
        "hash_buckets": 1,
        "name": "eval"
      }
    ]
  }
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(23,'input_config',1,NULL,NULL,'{
  "splits": [
    {
      "name": "input",
      "pattern": "day2/*"
    }
  ]
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(23,'span',1,2,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(23,'input_fingerprint',1,NULL,NULL,'split:input,num_files:1,total_bytes:4571,xor_checksum:1796071567,sum_checksum:1796071567',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(24,'exclude_splits',1,NULL,NULL,'[]',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(26,'exclude_splits',1,NULL,NULL,'[]',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(27,'disable_statistics',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(27,'module_path',1,NULL,NULL,'penguin_utils_keras@/home/ada/penguin/pipelines/penguin_local_keras/_wheels/tfx_user_code_transform-0.0+0c9ed61ea10cd805a9b8ff56eb2a16f7b1c8db6d914d5daf8c1b305039dcc8f7-py3-none-any.whl',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(27,'force_tf_compat_v1',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(27,'custom_config',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(28,'custom_config',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(28,'module_path',1,NULL,NULL,'penguin_utils_keras@/home/ada/penguin/pipelines/penguin_local_keras/_wheels/tfx_user_code_trainer-0.0+0c9ed61ea10cd805a9b8ff56eb2a16f7b1c8db6d914d5daf8c1b305039dcc8f7-py3-none-any.whl',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(28,'eval_args',1,NULL,NULL,'{
  "num_steps": 5
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(28,'train_args',1,NULL,NULL,'{
  "num_steps": 100
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(29,'eval_config',1,NULL,NULL,'{
  "metrics_specs": [
    {
      "metrics": [
        {
          "class_name": "SparseCategoricalAccuracy",
          "threshold": {
            "change_threshold": {
              "absolute": -1e-10,
              "direction": "HIGHER_IS_BETTER"
            },
            "value_threshold": {
              "lower_bound": 1.01
            }
          }
        }
      ]
    }
  ],
  "model_specs": [
    {
      "label_key": "species_xf",
      "preprocessing_function_names": [
        "transform_features"
      ],
      "signature_name": "serving_default"
    }
  ],
  "slicing_specs": [
    {}
  ]
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(29,'example_splits',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(29,'fairness_indicator_thresholds',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(30,'output_data_format',1,6,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(30,'output_file_format',1,5,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(30,'output_config',1,NULL,NULL,'{
  "split_config": {
    "splits": [
      {
        "hash_buckets": 2,
        "name": "train"
      },
      {
        "hash_buckets": 1,
        "name": "eval"
      }
    ]
  }
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(30,'input_config',1,NULL,NULL,'{
  "splits": [
    {
      "name": "single_split",
      "pattern": "*"
    }
  ]
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(30,'input_base',1,NULL,NULL,'/home/ada/penguin/data/labelled',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(33,'exclude_splits',1,NULL,NULL,'[]',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(34,'exclude_splits',1,NULL,NULL,'[]',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(34,'infer_feature_shape',1,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(35,'custom_config',1,NULL,NULL,'null',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(35,'force_tf_compat_v1',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(35,'disable_statistics',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(35,'module_path',1,NULL,NULL,'raises@/home/ada/penguin/pipelines/penguin_local_keras/_wheels/tfx_user_code_transform-0.0+0c9ed61ea10cd805a9b8ff56eb2a16f7b1c8db6d914d5daf8c1b305039dcc8f7-py3-none-any.whl',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(36,'output_data_format',1,6,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(36,'input_base',1,NULL,NULL,'/home/ada/penguin/data/labelled',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(36,'output_config',1,NULL,NULL,'{
  "split_config": {
    "splits": [
      {
        "hash_buckets": 2,
        "name": "train"
      },
      {
        "hash_buckets": 1,
        "name": "eval"
      }
    ]
  }
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(36,'input_config',1,NULL,NULL,'{
  "splits": [
    {
      "name": "single_split",
      "pattern": "*"
    }
  ]
}',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(36,'output_file_format',1,5,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(36,'span',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(36,'input_fingerprint',1,NULL,NULL,'split:single_split,num_files:1,total_bytes:4571,xor_checksum:1796071567,sum_checksum:1796071567',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(38,'exclude_splits',1,NULL,NULL,'[]',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(39,'infer_feature_shape',1,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(39,'exclude_splits',1,NULL,NULL,'[]',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(40,'module_path',1,NULL,NULL,'dies@/home/ada/penguin/pipelines/penguin_stopped/_wheels/tfx_user_code_transform-0.0+0c9ed61ea10cd805a9b8ff56eb2a16f7b1c8db6d914d5daf8c1b305039dcc8f7-py3-none-any.whl',NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(40,'force_tf_compat_v1',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(40,'disable_statistics',1,0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "ExecutionProperty" VALUES(40,'custom_config',1,NULL,NULL,'null',NULL,NULL,NULL);
CREATE TABLE `MLMDEnv` (    `schema_version` INTEGER PRIMARY KEY  );
INSERT INTO "MLMDEnv" VALUES(10);
CREATE TABLE `ParentContext` (    `context_id` INT NOT NULL,    `parent_context_id` INT NOT NULL,  PRIMARY KEY (`context_id`, `parent_context_id`));
INSERT INTO "ParentContext" VALUES(2,1);
INSERT INTO "ParentContext" VALUES(19,1);
INSERT INTO "ParentContext" VALUES(24,1);
INSERT INTO "ParentContext" VALUES(37,1);
INSERT INTO "ParentContext" VALUES(40,39);
CREATE TABLE `ParentType` (    `type_id` INT NOT NULL,    `parent_type_id` INT NOT NULL,  PRIMARY KEY (`type_id`, `parent_type_id`));
INSERT INTO "ParentType" VALUES(15,1);
INSERT INTO "ParentType" VALUES(17,7);
INSERT INTO "ParentType" VALUES(18,4);
INSERT INTO "ParentType" VALUES(19,7);
INSERT INTO "ParentType" VALUES(21,6);
INSERT INTO "ParentType" VALUES(25,5);
INSERT INTO "ParentType" VALUES(27,2);
INSERT INTO "ParentType" VALUES(28,8);
INSERT INTO "ParentType" VALUES(31,9);
INSERT INTO "ParentType" VALUES(32,2);
CREATE TABLE `Type` (    `id` INTEGER PRIMARY KEY AUTOINCREMENT,    `name` VARCHAR(255) NOT NULL,    `version` VARCHAR(255),    `type_kind` TINYINT(1) NOT NULL,    `description` TEXT,    `input_type` TEXT,    `output_type` TEXT,    `external_id` VARCHAR(255) UNIQUE );
INSERT INTO "Type" VALUES(1,'mlmd.Dataset',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(2,'mlmd.Model',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(3,'mlmd.Metrics',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(4,'mlmd.Statistics',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(5,'mlmd.Train',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(6,'mlmd.Transform',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(7,'mlmd.Process',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(8,'mlmd.Evaluate',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(9,'mlmd.Deploy',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(10,'pipeline',NULL,2,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(11,'pipeline_run',NULL,2,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(12,'node',NULL,2,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(13,'tfx.components.example_gen.csv_example_gen.component.CsvExampleGen',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(14,'execution_cache',NULL,2,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(15,'Examples',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(16,'tfx.dsl.components.common.resolver.Resolver',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(17,'tfx.components.statistics_gen.component.StatisticsGen',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(18,'ExampleStatistics',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(19,'tfx.components.schema_gen.component.SchemaGen',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(20,'Schema',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(21,'tfx.components.transform.component.Transform',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(22,'TransformGraph',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(23,'ExampleAnomalies',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(24,'TransformCache',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(25,'tfx.components.trainer.component.Trainer',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(26,'ModelRun',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(27,'Model',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(28,'tfx.components.evaluator.component.Evaluator',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(29,'ModelBlessing',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(30,'ModelEvaluation',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(31,'tfx.components.pusher.component.Pusher',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(32,'PushedModel',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(33,'tfx.components.schema_gen.import_schema_gen.component.ImportSchemaGen',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(34,'tfx.examples.penguin.penguin_pipeline_local.RangeConfigGenerator',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(35,'String',NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "Type" VALUES(36,'tfx.components.example_validator.component.ExampleValidator',NULL,0,NULL,NULL,NULL,NULL);
CREATE TABLE `TypeProperty` (    `type_id` INT NOT NULL,    `name` VARCHAR(255) NOT NULL,    `data_type` INT NULL,  PRIMARY KEY (`type_id`, `name`));
INSERT INTO "TypeProperty" VALUES(15,'split_names',3);
INSERT INTO "TypeProperty" VALUES(15,'version',1);
INSERT INTO "TypeProperty" VALUES(15,'span',1);
INSERT INTO "TypeProperty" VALUES(18,'split_names',3);
INSERT INTO "TypeProperty" VALUES(18,'span',1);
INSERT INTO "TypeProperty" VALUES(23,'split_names',3);
INSERT INTO "TypeProperty" VALUES(23,'span',1);
CREATE INDEX `idx_artifact_uri`  ON `Artifact`(`uri`);
CREATE INDEX `idx_artifact_create_time_since_epoch`  ON `Artifact`(`create_time_since_epoch`);
CREATE INDEX `idx_artifact_last_update_time_since_epoch`  ON `Artifact`(`last_update_time_since_epoch`);
CREATE INDEX `idx_event_execution_id`  ON `Event`(`execution_id`);
CREATE INDEX `idx_parentcontext_parent_context_id`  ON `ParentContext`(`parent_context_id`);
CREATE INDEX `idx_type_name`  ON `Type`(`name`);
CREATE INDEX `idx_execution_create_time_since_epoch`  ON `Execution`(`create_time_since_epoch`);
CREATE INDEX `idx_execution_last_update_time_since_epoch`  ON `Execution`(`last_update_time_since_epoch`);
CREATE INDEX `idx_context_create_time_since_epoch`  ON `Context`(`create_time_since_epoch`);
CREATE INDEX `idx_context_last_update_time_since_epoch`  ON `Context`(`last_update_time_since_epoch`);
CREATE INDEX `idx_eventpath_event_id`  ON `EventPath`(`event_id`);
CREATE INDEX `idx_artifact_property_int`  ON `ArtifactProperty`(`name`, `is_custom_property`, `int_value`)  WHERE `int_value` IS NOT NULL;
CREATE INDEX `idx_artifact_property_double`  ON `ArtifactProperty`(`name`, `is_custom_property`, `double_value`)  WHERE `double_value` IS NOT NULL;
CREATE INDEX `idx_artifact_property_string`  ON `ArtifactProperty`(`name`, `is_custom_property`, `string_value`)  WHERE `string_value` IS NOT NULL;
CREATE INDEX `idx_execution_property_int`  ON `ExecutionProperty`(`name`, `is_custom_property`, `int_value`)  WHERE `int_value` IS NOT NULL;
CREATE INDEX `idx_execution_property_double`  ON `ExecutionProperty`(`name`, `is_custom_property`, `double_value`)  WHERE `double_value` IS NOT NULL;
CREATE INDEX `idx_execution_property_string`  ON `ExecutionProperty`(`name`, `is_custom_property`, `string_value`)  WHERE `string_value` IS NOT NULL;
CREATE INDEX `idx_context_property_int`  ON `ContextProperty`(`name`, `is_custom_property`, `int_value`)  WHERE `int_value` IS NOT NULL;
CREATE INDEX `idx_context_property_double`  ON `ContextProperty`(`name`, `is_custom_property`, `double_value`)  WHERE `double_value` IS NOT NULL;
CREATE INDEX `idx_context_property_string`  ON `ContextProperty`(`name`, `is_custom_property`, `string_value`)  WHERE `string_value` IS NOT NULL;
CREATE INDEX `idx_type_external_id`  ON `Type`(`external_id`);
CREATE INDEX `idx_artifact_external_id`  ON `Artifact`(`external_id`);
CREATE INDEX `idx_execution_external_id`  ON `Execution`(`external_id`);
CREATE INDEX `idx_context_external_id`  ON `Context`(`external_id`);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('Type',36);
INSERT INTO "sqlite_sequence" VALUES('Context',49);
INSERT INTO "sqlite_sequence" VALUES('Execution',40);
INSERT INTO "sqlite_sequence" VALUES('Association',149);
INSERT INTO "sqlite_sequence" VALUES('Artifact',49);
INSERT INTO "sqlite_sequence" VALUES('Event',111);
INSERT INTO "sqlite_sequence" VALUES('Attribution',250);
COMMIT;
