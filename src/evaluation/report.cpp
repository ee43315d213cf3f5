// One table for people, one object for programs.
#include <crosslift/evaluation.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace crosslift {
namespace {

/// Printed with their interval; the others by value alone, to keep a line of the table on a screen.
bool with_interval(const std::string& metric) {
    return metric == "hr@10" || metric == "mrr" || metric == "recall@20" || metric == "precision@20" ||
           metric.find("_to_ease") != std::string::npos || metric.find("_to_best") != std::string::npos;
}

std::string number(double value) {
    if (std::isnan(value)) return "-";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f", value);
    return text.data();
}

std::string cell(const std::string& metric, const Estimate& estimate) {
    std::string text = number(estimate.value);
    if (with_interval(metric) && !std::isnan(estimate.low)) {
        text += " [" + number(estimate.low) + ", " + number(estimate.high) + "]";
    }
    return text;
}

nlohmann::ordered_json json_number(double value) {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

std::string padded(const std::string& text, std::size_t width, bool right) {
    const std::string space(width > text.size() ? width - text.size() : 0, ' ');
    return right ? space + text : text + space;
}

using Lines = std::vector<std::vector<std::string>>;

bool is_shown(const EvaluationReport& report, const std::string& metric) {
    return report.shown.empty() || std::find(report.shown.begin(), report.shown.end(), metric) != report.shown.end();
}

/// The table as cells; the first line holds the headings.
Lines method_lines(const EvaluationReport& report) {
    Lines lines = {{"method"}};
    if (!report.methods.empty()) {
        for (const auto& [metric, estimate] : report.methods.front().metrics) {
            if (is_shown(report, metric)) lines[0].push_back(metric);
        }
    }
    for (const auto& method : report.methods) {
        auto& line = lines.emplace_back();
        line.push_back(method.method);
        for (const auto& [metric, estimate] : method.metrics) {
            if (is_shown(report, metric)) line.push_back(cell(metric, estimate));
        }
    }
    return lines;
}

std::string interval(const Estimate& ratio) {
    return cell("_to_best", ratio);
}

std::string probability(double p) {
    if (std::isnan(p)) return "-";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), p < 0.001 ? "%.1e" : "%.3f", p);
    return text.data();
}

Lines comparison_lines(const EvaluationReport& report) {
    Lines lines = {{"ratio of", "method", "over", "ratio", "p", "p (Holm)"}};
    for (const auto& it : report.comparisons) {
        lines.push_back(
            {it.metric, it.method, it.over, interval(it.ratio), probability(it.p_value), probability(it.p_holm)});
    }
    return lines;
}

Lines verdict_lines(const EvaluationReport& report) {
    Lines lines = {{"goal", "method", "over", "wanted", "ratio", "verdict"}};
    for (const auto& [goal, ratio, reached] : report.verdicts) {
        lines.push_back({goal.metric, goal.method, goal.over, number(goal.value), interval(ratio),
                         reached ? "reached" : "not reached"});
    }
    return lines;
}

/// Columns padded to one width; the first `left` of them start at the left.
std::string aligned(const Lines& lines, std::size_t left) {
    std::vector<std::size_t> width(lines[0].size());
    for (const auto& line : lines) {
        for (std::size_t c = 0; c < line.size(); ++c) width[c] = std::max(width[c], line[c].size());
    }
    std::string text;
    for (const auto& line : lines) {
        std::string row;
        for (std::size_t c = 0; c < line.size(); ++c)
            row += (c == 0 ? "" : "  ") + padded(line[c], width[c], c >= left);
        row.erase(row.find_last_not_of(' ') + 1);
        text += row + '\n';
    }
    return text;
}

nlohmann::ordered_json json_estimate(const Estimate& estimate) {
    return {{"value", json_number(estimate.value)},
            {"low", json_number(estimate.low)},
            {"high", json_number(estimate.high)}};
}

nlohmann::ordered_json json_tests(const EvaluationReport& report) {
    auto tests = nlohmann::ordered_json::array();
    for (const auto& it : report.comparisons) {
        tests.push_back({{"metric", it.metric},
                         {"method", it.method},
                         {"over", it.over},
                         {"ratio", json_estimate(it.ratio)},
                         {"p_value", json_number(it.p_value)},
                         {"p_holm", json_number(it.p_holm)}});
    }
    return tests;
}

nlohmann::ordered_json json_verdicts(const EvaluationReport& report) {
    auto verdicts = nlohmann::ordered_json::array();
    for (const auto& [goal, ratio, reached] : report.verdicts) {
        verdicts.push_back({{"metric", goal.metric},
                            {"method", goal.method},
                            {"over", goal.over},
                            {"goal", goal.value},
                            {"ratio", json_estimate(ratio)},
                            {"reached", reached}});
    }
    return verdicts;
}

nlohmann::ordered_json json_tuned(const EvaluationReport& report) {
    auto tuned = nlohmann::ordered_json::array();
    for (const auto& method : report.tuned) {
        auto trials = nlohmann::ordered_json::array();
        for (const auto& [setting, merit] : method.trials) {
            trials.push_back({{"setting", setting}, {"validation", json_number(merit)}});
        }
        tuned.push_back({{"method", method.method}, {"setting", method.setting}, {"trials", std::move(trials)}});
    }
    return tuned;
}

}  // namespace

std::string EvaluationReport::table() const {
    std::string text = task + ": " + std::to_string(queries) + " queries of " + std::to_string(clusters) +
                       " customers or baskets; [95 % interval]\n" + aligned(method_lines(*this), 1);
    if (!comparisons.empty()) text += '\n' + aligned(comparison_lines(*this), 3);
    if (!verdicts.empty()) text += '\n' + aligned(verdict_lines(*this), 3);
    if (!notes.empty() && (!comparisons.empty() || !verdicts.empty())) text += '\n';
    for (const auto& note : notes) text += "- " + note + '\n';
    for (const auto& method : tuned) text += "- " + method.method + " is judged with " + method.setting + ".\n";
    return text;
}

std::string EvaluationReport::json() const {
    nlohmann::ordered_json report;
    report["task"] = task;
    report["queries"] = queries;
    report["clusters"] = clusters;
    report["methods"] = nlohmann::ordered_json::array();
    for (const auto& method : methods) {
        nlohmann::ordered_json line;
        line["method"] = method.method;
        for (const auto& [metric, estimate] : method.metrics) {
            line["metrics"][metric] = json_estimate(estimate);
        }
        report["methods"].push_back(std::move(line));
    }
    report["comparisons"] = json_tests(*this);
    report["verdicts"] = json_verdicts(*this);
    report["tuned"] = json_tuned(*this);
    report["notes"] = notes;
    return report.dump(2);
}

}  // namespace crosslift
