package osum.client;

import java.util.List;
import osum.v1.StageReport;

/**
 * What a stage made of one utterance.
 *
 * @param tensor the result
 * @param stages instance, shapes, batch size, and where the time went
 */
public record StageAnswer(Tensor tensor, List<StageReport> stages) {}
