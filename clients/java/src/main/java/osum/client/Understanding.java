package osum.client;

import java.util.List;
import osum.v1.Plan;
import osum.v1.UnderstandSummary;
import osum.v1.UtteranceResult;

/**
 * All that came of one call.
 *
 * @param plan what was asked of the model
 * @param utterances in the order of the recording
 * @param summary totals
 */
public record Understanding(Plan plan, List<UtteranceResult> utterances, UnderstandSummary summary) {}
