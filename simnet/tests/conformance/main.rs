//! Behaviour of a kernel, as bodies that pass on the real one and on the simulated one.
//!
//! The real kernel is the judge: an expectation here is what Linux does. Each module is one subject, each
//! function one statement, built from the verbs of [`verbs`]; [`arms`] runs it on both.

mod arms;
mod blocking;
mod descriptors;
mod epoll_control;
mod epoll_edge;
mod epoll_level;
mod epoll_nested;
mod epoll_wakeups;
mod eventfds;
mod every_call;
mod pipes;
mod signals;
mod tcp_blocking;
mod tcp_close;
mod tcp_connect;
mod tcp_epoll;
mod tcp_listen;
mod tcp_options;
mod tcp_sockets;
mod tcp_transfer;
mod tcp_verbs;
mod verbs;

arms::behaviours! {
    descriptors {
        the_lowest_free_number_is_given
        closing_twice_or_nothing_is_ebadf
        dup2_onto_itself_keeps_cloexec
        dup2_onto_another_closes_it
        dup2_refuses_numbers_outside_the_limit_and_bad_sources
        dup3_refuses_the_same_number_before_it_looks
        a_copy_shares_nonblock_but_not_cloexec
        f_dupfd_gives_the_lowest_number_from_its_minimum
        f_getfl_tells_the_access_mode
        a_full_table_is_emfile_and_a_failed_pipe_leaks_nothing
        a_lowered_limit_leaves_open_descriptors_usable
        a_soft_limit_above_the_hard_one_is_refused
        the_wrong_direction_is_ebadf
        an_epoll_descriptor_is_not_read_or_written
        vectors_are_checked_after_the_mode
        fionread_counts_what_a_read_would_find
    }
    pipes {
        a_pipe_holds_sixteen_pages
        a_page_read_in_part_frees_nothing
        small_writes_share_the_last_page_if_they_fit_whole
        a_write_of_up_to_a_page_is_all_or_nothing
        a_larger_write_takes_what_fits
        end_of_file_and_broken_pipe
        nothing_is_read_and_written_without_looking
        vectors_are_filled_and_sent_in_order
        the_readiness_of_both_ends
        a_copied_writer_keeps_the_pipe_open
    }
    eventfds {
        a_read_takes_the_sum
        a_semaphore_gives_one_at_a_time
        the_counter_stops_before_its_maximum
        only_eight_bytes_are_a_value
        vectors_are_split_on_reading_and_written_one_by_one
        the_readiness_of_a_counter
    }
    every_call {
        every_call_on_everything
    }
    signals {
        without_sa_restart_every_wait_ends
        with_sa_restart_most_waits_go_on
        calls_with_a_timeout_end_either_way
        what_has_been_done_is_told
        an_interrupted_connect_goes_on
        a_lingering_close_is_cut_short
        who_does_not_wait_does_not_notice
    }
    epoll_control {
        adding_twice_is_eexist_changing_nothing_is_enoent
        bad_descriptors_come_before_bad_arguments
        no_room_for_events_is_einval
        exclusive_is_for_adding_and_for_few_flags
        a_file_is_known_by_number_and_description
        the_last_close_removes_the_registration
        a_copy_keeps_a_closed_registration_alive
        a_number_given_back_by_dup2_removes_it_again
        dup2_over_a_registered_number_removes_it
        a_copied_epoll_descriptor_shares_the_set
        errors_and_hangups_need_no_asking
    }
    epoll_level {
        level_is_reported_until_it_is_gone
        the_order_is_that_of_becoming_ready
        reported_ones_go_to_the_tail
        a_change_keeps_the_place_and_a_new_registration_does_not
        what_was_drained_comes_back_at_the_tail
        a_shot_disarms_until_it_is_changed
        a_disarmed_registration_hides_even_hangups
    }
    epoll_edge {
        ready_when_added_is_an_edge
        changing_arms_again
        every_pipe_write_is_an_edge
        a_read_is_no_edge
        a_pipe_gives_an_out_edge_only_from_full
        every_eventfd_read_and_write_is_an_edge
        arrivals_before_a_wait_merge
        drained_before_the_wait_is_no_event_but_shows_the_other_bit
        each_instance_gets_its_own_edge
        a_hangup_is_an_edge
    }
    epoll_nested {
        an_instance_is_readable_while_it_has_events
        draining_the_source_clears_the_outer_one
        a_circle_is_eloop
        four_links_are_allowed_and_a_fifth_is_not
        an_instance_does_not_watch_itself
        an_outer_edge_comes_with_each_inner_event
        five_hundred_instances_may_watch_an_instance_with_a_source
    }
    blocking {
        close_wakes_nobody_and_the_reader_still_gets_its_data
        a_blocked_reader_keeps_the_pipe_alive
        nonblock_set_meanwhile_does_not_wake
        pipe_readers_are_served_first_come_first_served
        pipe_writers_are_served_first_come_first_served
        one_write_for_two_readers_wakes_both
        one_read_for_two_writers_wakes_both
        the_last_writer_gone_wakes_every_reader
        the_reader_gone_ends_a_blocked_write
        closing_the_epoll_descriptor_leaves_its_waiter
        an_eventfd_reader_queues_behind_an_exclusive_registration
    }
    epoll_wakeups {
        an_edge_wakes_one_waiter_the_last_to_come
        a_shot_wakes_one_waiter
        a_level_wakes_them_all
        every_instance_is_told
        of_exclusive_instances_the_first_is_told
        adding_something_ready_wakes
        changing_to_something_ready_wakes
        a_wait_is_never_shorter_than_its_timeout
        an_outer_waiter_is_woken
    }
    tcp_sockets {
        a_kind_that_does_not_exist_is_refused
        a_fresh_socket_is_nobody
        a_fresh_socket_is_shut_although_that_is_an_error
        socket_calls_are_for_sockets
        a_socket_is_bound_once
        only_addresses_of_this_machine_are_bound
        a_port_belongs_to_one_unless_both_share
        the_flag_counts_when_it_is_set_later_too
        any_address_conflicts_with_each_but_those_not_with_each_other
        time_wait_keeps_the_port_unless_both_share
        a_reset_leaves_no_time_wait
        names_last_as_long_as_the_connection
        both_families_share_a_port_unless_told_otherwise
    }
    tcp_listen {
        a_deferred_connection_waits_for_data
        a_time_to_defer_is_told_in_whole_retransmissions
        a_listener_is_ready_while_somebody_waits
        listening_twice_changes_the_backlog
        the_queue_holds_one_more_than_the_backlog
        what_does_not_listen_does_not_accept
        listening_without_a_port_takes_one
        a_listener_does_not_talk
        a_queued_connection_that_was_reset_is_accepted
        a_queued_connection_that_has_ended_gives_its_data
        an_accepted_socket_inherits_options_but_not_nonblock
        without_a_number_the_connection_stays_in_the_queue
        a_closed_listener_resets_who_waits
        a_shut_listener_is_a_socket_again
    }
    tcp_connect {
        it_is_in_progress_then_done_then_connected
        a_call_that_nobody_answers_goes_on
        shutting_a_call_ends_it
        the_error_is_told_to_whoever_asks_first
        after_a_failure_the_socket_calls_again
        some_addresses_cannot_be_called
        the_unspecified_address_is_the_loopback
        dissolving_a_connection_resets_it
        a_socket_may_call_itself
        a_bound_caller_may_call_the_same_place_again_at_once
    }
    tcp_close {
        the_peers_end_is_read_again_and_again
        an_own_end_stops_sending_only
        both_ends_make_an_end
        reading_is_shut_for_this_end_alone
        data_for_who_has_shut_both_ways_is_answered_with_a_reset
        closing_with_unread_data_resets
        closing_sends_what_is_left_and_then_the_end
        no_linger_is_a_reset_but_shutdown_is_not
        a_reset_is_told_once
        a_reset_behind_the_end_is_a_broken_pipe
        what_was_queued_is_read_behind_a_reset
        a_closed_peer_answers_data_with_a_reset
        the_end_comes_with_the_last_copy
        a_lingering_close_waits_even_without_blocking
    }
    tcp_transfer {
        pieces_come_out_as_one_stream
        peeking_takes_nothing
        truncating_throws_away
        waiting_for_all_brings_what_there_is_where_nothing_waits
        dontwait_is_for_one_call
        nothing_is_sent_and_received_too
        an_address_is_ignored
        the_low_water_mark_holds_readiness_back
        a_full_connection_has_no_room_until_it_is_read
    }
    tcp_options {
        a_fresh_socket_has_these
        booleans_are_one_or_zero
        numbers_have_their_ranges
        buffers_are_doubled_within_their_bounds
        what_is_only_told_cannot_be_set
        linger_and_timeouts_are_read_back
        options_of_the_socket_are_those_of_all_its_copies
    }
    tcp_epoll {
        every_arrival_is_an_edge_even_with_data_unread
        reading_is_no_edge
        drained_before_the_wait_shows_the_state_of_now
        an_end_and_a_reset_are_edges
        the_peers_close_behind_its_end_is_none
        what_this_end_shuts_is_an_edge
        the_peers_reading_is_none_where_there_was_room
        a_listener_has_an_edge_per_caller_and_none_per_accept
        registered_fresh_it_hangs_up_first_and_then_connects
        a_refusal_is_an_edge
        each_instance_is_told
        a_shot_tells_once_of_anything
        the_order_is_that_of_becoming_ready_for_sockets_too
        what_has_ended_is_reported_whatever_was_asked
    }
    tcp_blocking {
        close_wakes_no_reader_and_it_still_gets_its_data
        shutdown_wakes_a_reader
        a_reset_wakes_a_reader
        shutdown_wakes_every_acceptor
        close_wakes_no_acceptor_and_it_still_gets_its_connection
        acceptors_are_served_first_come_first_served
        a_connect_that_waits_ends_with_the_handshake
        timeouts_end_waits
        a_send_that_waits_is_ended_by_shutdown
        a_send_that_waits_goes_on_when_there_is_room
    }
}
