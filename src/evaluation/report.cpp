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
    return metric == "hr@10" || metric == "mrr" || metric.find("_to_ease") != std::string::npos ||
           metric.find("_to_best") != std::string::npos;
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

/// The table as cells; the first line holds the headings.
std::vector<std::vector<std::string>> cells(const EvaluationReport& report) {
    std::vector<std::vector<std::string>> lines = {{"method"}};
    if (!report.methods.empty()) {
        for (const auto& [metric, estimate] : report.methods.front().metrics) lines[0].push_back(metric);
    }
    for (const auto& method : report.methods) {
        auto& line = lines.emplace_back();
        line.push_back(method.method);
        for (const auto& [metric, estimate] : method.metrics) line.push_back(cell(metric, estimate));
    }
    return lines;
}

}  // namespace

std::string EvaluationReport::table() const {
    const auto lines = cells(*this);
    std::vector<std::size_t> width(lines[0].size());
    for (const auto& line : lines) {
        for (std::size_t c = 0; c < line.size(); ++c) width[c] = std::max(width[c], line[c].size());
    }
    std::string text = task + ": " + std::to_string(queries) + " queries of " + std::to_string(clusters) +
                       " customers or baskets; [95 % interval]\n";
    for (const auto& line : lines) {
        for (std::size_t c = 0; c < line.size(); ++c) {
            text += (c == 0 ? "" : "  ") + padded(line[c], width[c], c != 0);
        }
        text += '\n';
    }
    for (const auto& note : notes) text += "- " + note + '\n';
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
            line["metrics"][metric] = {{"value", json_number(estimate.value)},
                                       {"low", json_number(estimate.low)},
                                       {"high", json_number(estimate.high)}};
        }
        report["methods"].push_back(std::move(line));
    }
    report["notes"] = notes;
    return report.dump(2);
}

}  // namespace crosslift
